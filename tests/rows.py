"""Rows written straight into the tables, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, update

from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.incident import IncidentStatus, Severity
from notify.domain.notice import Surface
from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow, RecipientRow
from notify.store.engine import Database
from notify.store.incidents import IncidentRow
from notify.store.journal import Deed, add_revision, move_incident, write_shown
from notify.store.races import RaceRow, RegistrantRow
from tests.installation import NOW

RACE = {
    "id": "lake-2026",
    "name": {"en": "Lakeshore Marathon", "zh-CN": "湖滨马拉松"},
    "starts_at": "2026-12-06T07:30:00",
    "time_zone": "Asia/Shanghai",
    "default_region": "CN",
    "default_language": "zh-CN",
    "sms_sender_name": "Lakeshore",
    "courses": [
        {
            "id": "full",
            "km": 42.2,
            "name": {"en": "Marathon", "zh-CN": "全程"},
            "segments": ["north"],
        }
    ],
    "segments": {"north": {"en": "North shore", "zh-CN": "北岸"}},
    "waves": {"A": "07:30"},
    "contact": {"email": "help@example.org", "phone": "+861312345000"},
    "aid_stations": [],
    "policies": {},
}

EN: Mapping[Surface, str] = {
    Surface.FAQ_QUESTION: "Is the Lakeshore Marathon still on?",
    Surface.FAQ_ANSWER: "No. The race on Sun 6 Dec is cancelled because of strong wind.\n\n"
    "Do not travel to the race.",
    Surface.BANNER: "Cancelled: Lakeshore Marathon, strong wind",
    Surface.PAGE: "<h2>The race is cancelled</h2>\n<p>Strong wind. Do not travel.</p>",
    Surface.AGENT_SCRIPT: "Say\n\n- The race is cancelled.\n\nDo not say\n\n- That a date is set.",
    Surface.PA_SCRIPT: "Attention. The race is cancelled.",
}
ZH: Mapping[Surface, str] = {
    Surface.FAQ_QUESTION: "湖滨马拉松还办吗？",
    Surface.FAQ_ANSWER: "不办了。因大风，12月6日的比赛取消。\n\n请不要前往赛场。",
    Surface.BANNER: "取消：湖滨马拉松，因大风",
    Surface.PAGE: "<h2>比赛取消</h2>\n<p>因大风。请不要前往赛场。</p>",
    Surface.AGENT_SCRIPT: "可以说\n\n- 比赛取消了。\n\n不要说\n\n- 已有新日期。",
    Surface.PA_SCRIPT: "请注意，比赛取消。",
}
TEXTS: Mapping[str, Mapping[Surface, str]] = {"en": EN, "zh-CN": ZH}

PAST = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Incident:
    """One incident to write; everything has a default."""

    id: str = "ab2cd3e"
    severity: Severity = Severity.SEVERE
    drill: bool = False
    kind: str = "alert"
    since: datetime = NOW
    promised_at: datetime | None = None
    texts: Mapping[str, Mapping[Surface, str]] = field(default_factory=lambda: TEXTS)
    race_id: str = "lake-2026"
    playbook_id: str = "weather_cancellation"


def add_race(database: Database, race_id: str = "lake-2026") -> None:
    """Write a race with one course and one wave."""
    with database.write() as connection:
        connection.execute(
            insert(RaceRow).values(
                id=race_id, document=RACE | {"id": race_id}, created_at=NOW, updated_at=NOW
            )
        )


def add_incident(database: Database, incident: Incident | None = None) -> int:
    """Write an active incident at revision 1 with its notice; return the notice's id."""
    incident = incident or Incident()
    with database.write() as connection:
        connection.execute(
            insert(IncidentRow).values(
                id=incident.id,
                race_id=incident.race_id,
                playbook_id=incident.playbook_id,
                playbook_hash="",
                severity=incident.severity,
                status=IncidentStatus.ACTIVE,
                drill=incident.drill,
                revision=1,
                active_key=incident.id,
                created_at=incident.since,
                created_by="organiser@example.org",
                promised_at=incident.promised_at,
            )
        )
        return _revision(connection, incident, 1, incident.since)


def add_revision_of(
    database: Database, incident: Incident, number: int, *, at: datetime = NOW
) -> int:
    """Write the next revision, with the texts and kind of ``incident``."""
    with database.write() as connection:
        return _revision(connection, incident, number, at)


def resolve(database: Database, incident_id: str = "ab2cd3e", *, at: datetime = NOW) -> None:
    """Resolve the incident."""
    with database.write() as connection:
        move_incident(connection, incident_id=incident_id, to=IncidentStatus.RESOLVED, at=at)


def add_delivery(
    database: Database,
    notice_id: int,
    channel: Channel = Channel.SMS,
    *,
    address: str = "+8613123450001",
    status: DeliveryStatus = DeliveryStatus.SENDING,
) -> int:
    """Write one delivery, its lane and its recipient; return the delivery's id."""
    with database.write() as connection:
        registrant = _registrant(connection, f"R-{notice_id}-{channel}")
        lane = connection.execute(
            insert(LaneRow)
            .values(notice_id=notice_id, channel=channel, size=1, cursor=1, due_at=PAST)
            .returning(LaneRow.id)
        ).scalar_one()
        connection.execute(
            insert(RecipientRow).values(
                notice_id=notice_id,
                registrant_id=registrant,
                group_id="everybody",
                rank=0,
                language="en",
                first_name="Test",
                last_name="Runner",
                bib="1",
                course="full",
                wave="A",
            )
        )
        return connection.execute(
            insert(DeliveryRow)
            .values(
                lane_id=lane,
                position=1,
                registrant_id=registrant,
                address=address,
                status=status,
                attempt=1,
                fence=1,
                changed_at=NOW,
            )
            .returning(DeliveryRow.id)
        ).scalar_one()


def _registrant(connection: Connection, registration_id: str) -> int:
    return connection.execute(
        insert(RegistrantRow)
        .values(
            race_id="lake-2026",
            registration_id=registration_id,
            bib="1",
            first_name="Test",
            last_name="Runner",
            country="CN",
            course="full",
            wave="A",
            status="confirmed",
            updated_at=NOW,
        )
        .returning(RegistrantRow.id)
    ).scalar_one()


def _revision(connection: Connection, incident: Incident, number: int, at: datetime) -> int:
    deed = Deed("organiser@example.org", at)
    add_revision(
        connection, deed, incident_id=incident.id, number=number, kind=incident.kind, facts={}
    )
    write_shown(connection, incident_id=incident.id, revision=number, shown=incident.texts)
    connection.execute(
        update(IncidentRow)
        .where(IncidentRow.id == incident.id)
        .values(promised_at=incident.promised_at)
    )
    return connection.execute(
        insert(NoticeRow)
        .values(
            incident_id=incident.id,
            revision=number,
            request_id=f"request-{incident.id}-{number}",
            kind=incident.kind,
            drill=incident.drill,
            priority=0,
            wording={},
            wording_hash="",
            audience_hash="",
            fingerprint="",
            created_at=at,
            expires_at=at.replace(year=at.year + 1),
            published_at=at,
        )
        .returning(NoticeRow.id)
    ).scalar_one()
