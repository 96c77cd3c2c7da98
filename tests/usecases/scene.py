"""A race, its runners and an installation whose channels are fakes: where use cases are tried.

The clock starts at the real time, for leases and due times are judged by the database's own clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from notify.bootstrap import build, utc_now
from notify.channels.sealed import Sealed
from notify.config import load_settings
from notify.domain.audience import PaymentResult
from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.notice import NoticeKind
from notify.domain.race import Contact, Course, Race, race_document
from notify.ports import Channel as ChannelPort
from notify.ports import ChannelError
from notify.store.deliveries import ClaimRow, DeliveryRow, LaneRow, LaterRow, NoticeRow
from notify.store.engine import Database
from notify.store.races import PaymentAttemptRow, PushTokenRow, RaceRow, RegistrantRow
from notify.usecases.compose import Request
from notify.usecases.deliver import Delivered, deliver
from notify.usecases.launch import Launched
from notify.usecases.revise import Revise, revise
from notify.usecases.services import Services
from notify.usecases.trigger import Trigger, trigger
from tests.fakes.bell import FakeBell
from tests.fakes.channel import FakeChannel
from tests.installation import Clock

RACE_ID = "lake-2026"
PLAYBOOK = "closure"
_SERIAL = count(1)

CHANNEL_SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC_test",
    "TWILIO_AUTH_TOKEN": "twilio token for tests",
    "TWILIO_FROM": "+12025550100",
    "TWILIO_API_BASE": "http://127.0.0.1:9",
    "FCM_PROJECT_ID": "race-tests",
    "FCM_API_BASE": "http://127.0.0.1:9",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "MAIL_FROM": "race@example.org",
}


@dataclass(frozen=True)
class Runner:
    """One registrant; every field has a default, and no address but the phone."""

    registration_id: str = ""
    phone: str | None = None
    email: str | None = None
    tokens: tuple[str, ...] = ()
    language: str | None = "en"
    course: str = "full"
    wave: str = "A"
    status: str = "confirmed"
    first_name: str = "Test"
    last_name: str = "Runner"
    finished_at: datetime | None = None
    payments: Sequence[tuple[datetime, PaymentResult]] = ()


def phone(number: int) -> str:
    """Return a reserved phone number, another for each ``number`` below 10,000."""
    return f"+8613123{450000 + number:06d}"


def runners(size: int, **fields: Any) -> list[Runner]:
    """Return that many runners, each with a phone of their own."""
    return [Runner(phone=phone(number), **fields) for number in range(size)]


def a_race(**changes: Any) -> Race:
    """Return a race with two courses and three waves, the last of which starts first."""
    fields: dict[str, Any] = {
        "id": RACE_ID,
        "name": {"en": "Lakeshore Marathon", "zh-CN": "湖滨马拉松"},
        "starts_at": datetime(2026, 12, 6, 7, 30),  # noqa: DTZ001 - a wall clock
        "time_zone": "Asia/Shanghai",
        "default_region": "CN",
        "default_language": "zh-CN",
        "sms_sender_name": "Lakeshore",
        "courses": (
            Course("full", 42.195, {"en": "Marathon", "zh-CN": "全程"}, ("north", "south")),
            Course("half", 21.0975, {"en": "Half", "zh-CN": "半程"}, ("south",)),
        ),
        "segments": {
            "north": {"en": "North shore", "zh-CN": "北岸"},
            "south": {"en": "South shore", "zh-CN": "南岸"},
        },
        "waves": {"A": time(7, 30), "B": time(7, 40), "C": time(7, 20)},
        "contact": Contact("help@example.org", "+861312345000"),
    }
    return Race(**{**fields, **changes})


def write_race(database: Database, race: Race | None = None) -> None:
    """Write a race."""
    race = race or a_race()
    now = utc_now()
    with database.write() as connection:
        connection.execute(
            insert(RaceRow).values(
                id=race.id, document=race_document(race), created_at=now, updated_at=now
            )
        )


def register(database: Database, *people: Runner, race_id: str = RACE_ID) -> list[int]:
    """Write runners; return their ids."""
    with database.write() as connection:
        return [insert_runner(connection, person, race_id) for person in people]


def insert_runner(connection: Connection, person: Runner, race_id: str) -> int:
    """Write one runner in a transaction under way; return the id."""
    serial = next(_SERIAL)
    copied = ("phone", "email", "language", "course", "wave", "status", "first_name", "last_name")
    registrant: int = connection.execute(
        insert(RegistrantRow)
        .values(
            race_id=race_id,
            registration_id=person.registration_id or f"R{serial:06d}",
            bib=str(serial),
            country="CN",
            finished_at=person.finished_at,
            updated_at=utc_now(),
            **{name: getattr(person, name) for name in copied},
        )
        .returning(RegistrantRow.id)
    ).scalar_one()
    tokens = [{"registrant_id": registrant, "token": token} for token in person.tokens]
    payments = [
        {"registrant_id": registrant, "attempted_at": at, "result": result}
        for at, result in person.payments
    ]
    if tokens:
        connection.execute(insert(PushTokenRow), tokens)
    if payments:
        connection.execute(insert(PaymentAttemptRow), payments)
    return registrant


FACTS: Mapping[str, str] = {"decision": "closed", "next_update_at": "2026-12-06T05:00"}


def a_request(**changes: Any) -> Request:
    """Return a request to start an incident; every call is another intention."""
    typed = {**FACTS, **changes.pop("typed", {})}
    fields: dict[str, Any] = {
        "playbook_id": PLAYBOOK,
        "race_id": RACE_ID,
        "typed": typed,
        "request_id": f"request-{next(_SERIAL)}",
    }
    return Request(**{**fields, **changes})


@dataclass
class Scene:
    """An installation with fakes; ``opened`` are (channel, drill) in the order of opening."""

    services: Services
    clock: Clock
    bell: FakeBell
    channels: dict[Channel, FakeChannel]
    opened: list[tuple[Channel, bool]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """The database."""
        return self.services.database

    @property
    def sms(self) -> FakeChannel:
        """The fake that takes SMS."""
        return self.channels[Channel.SMS]

    def trigger(self, **changes: Any) -> Launched:
        """Trigger an incident; ``seen`` and ``break_glass`` go to the command."""
        self.clock.now = utc_now()
        own = {name: changes.pop(name) for name in ("seen", "break_glass") if name in changes}
        return trigger(Trigger(a_request(**changes), "tester", **own), services=self.services)

    def revise(self, incident_id: str, kind: NoticeKind, **changes: Any) -> Launched:
        """Follow an incident with a notice."""
        self.clock.now = utc_now()
        fields: dict[str, Any] = {
            "typed": {},
            "request_id": f"request-{next(_SERIAL)}",
            "actor": "tester",
        }
        command = Revise(incident_id, kind, **{**fields, **changes})
        return revise(command, services=self.services)

    def drain(self, channel: Channel = Channel.SMS) -> Delivered:
        """Send what is due on a channel; what must wait waits until ``make_due``."""
        # The database's clock goes on by itself: a retry in one second could be due at any moment.
        self.clock.now = utc_now() + timedelta(hours=1)
        return deliver(channel, budget_s=30, services=self.services)

    def answer(self, *answers: ChannelError | None, channel: Channel = Channel.SMS) -> None:
        """Let the channel answer so to its next messages."""
        self.channels[channel].answers.extend(answers)

    def make_due(self) -> None:
        """Let the time pass that delivery rows and lanes are waiting for."""
        past = utc_now() - timedelta(seconds=1)
        with self.database.write() as connection:
            connection.execute(update(LaneRow).values(due_at=past))
            connection.execute(
                update(LaterRow).where(LaterRow.due_at.is_not(None)).values(due_at=past)
            )

    def deliveries(self, notice_id: int | None = None) -> list[Any]:
        """Return the rows of deliveries with their channel and notice, in order of planning."""
        query = (
            select(DeliveryRow.__table__, LaneRow.channel, LaneRow.notice_id, LaterRow.due_at)
            .join(LaneRow, LaneRow.id == DeliveryRow.lane_id)
            .outerjoin(LaterRow, LaterRow.delivery_id == DeliveryRow.id)
            .order_by(DeliveryRow.id)
        )
        if notice_id is not None:
            query = query.where(LaneRow.notice_id == notice_id)
        with self.database.read() as connection:
            return list(connection.execute(query).all())

    def statuses(self, notice_id: int | None = None) -> list[str]:
        """Return the statuses of deliveries in order of planning."""
        return [row.status for row in self.deliveries(notice_id)]

    def notice(self, notice_id: int) -> Any:
        """Return the row of a notice."""
        with self.database.read() as connection:
            query = select(NoticeRow.__table__).where(NoticeRow.id == notice_id)
            return connection.execute(query).one()

    def leave_in_hand(self, row: Any, *, lease_until: datetime, fence: int) -> None:
        """Leave a delivery as a worker does that dies while sending it."""
        with self.database.write() as connection:
            claim_id = connection.execute(
                insert(ClaimRow)
                .values(
                    lane_id=row.lane_id,
                    low=row.position,
                    high=row.position,
                    owner="gone",
                    lease_until=lease_until,
                )
                .returning(ClaimRow.id)
            ).scalar_one()
        more = {"lease_until": lease_until, "fence": fence, "claim_id": claim_id}
        self.set_status(row.id, DeliveryStatus.SENDING, **more)

    def set_status(self, delivery_id: int, status: DeliveryStatus, **values: Any) -> None:
        """Put a delivery where a test needs it."""
        with self.database.write() as connection:
            row = update(DeliveryRow).where(DeliveryRow.id == delivery_id)
            connection.execute(row.values(status=status, **values))


def set_scene(
    database_url: str, var: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Scene]:
    """Yield a scene with a race and nobody in it; a setting given as ``""`` counts as not set."""
    service_account = var / "service-account.json"
    service_account.write_text("{}", encoding="utf-8")
    environment = {
        "NOTIFY_DATABASE_URL": database_url,
        "NOTIFY_VAR": str(var),
        "NOTIFY_SECRET_KEY": "a secret for tests only",
        "NOTIFY_PUBLIC_URL": "http://race.example",
        "GOOGLE_APPLICATION_CREDENTIALS": str(service_account),
        **CHANNEL_SETTINGS,
        **(settings or {}),
    }
    clock, bell = Clock(utc_now()), FakeBell()
    channels = {name: FakeChannel(name) for name in Channel}
    opened: list[tuple[Channel, bool]] = []

    def open_channel(name: Channel, drill: bool) -> ChannelPort:
        opened.append((name, drill))
        return Sealed(name) if drill else channels[name]

    services = build(load_settings(environment), now=clock, bell=bell, open_channel=open_channel)
    write_race(services.database)
    yield Scene(services, clock, bell, channels, opened)
    services.database.engine.dispose()
