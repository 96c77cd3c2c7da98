"""Status: how far an incident's newest notice has come, in numbers of people and of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from notify.domain.delivery import OPEN, DeliveryStatus
from notify.store.deliveries import NoticeRow
from notify.store.incidents import IncidentRow
from notify.store.progress import (
    accepted_between,
    counts_by_code,
    delivery_counts,
    people_reached,
    people_told,
)
from notify.usecases.errors import Unknown
from notify.usecases.services import Services


@dataclass(frozen=True)
class Status:
    """Where an incident stands.

    ``deliveries`` is by channel and status. ``failures`` (over) and ``waiting`` (tried, and to be
    tried again) are by ``channel:code``, the provider's code or ours. ``seconds`` counts from the
    trigger: ``committed`` (0), ``published``, ``first_accepted``, ``all_accepted`` (only once
    nothing is open any more).
    """

    incident: str
    race: str
    playbook: str
    status: str
    drill: bool
    notice: int
    kind: str
    revision: int
    held: bool
    people: int
    reached: int
    deliveries: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, int]
    failures: Mapping[str, int]
    waiting: Mapping[str, int]
    seconds: Mapping[str, float | None]
    urls: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    promised_at: datetime | None

    @property
    def total(self) -> int:
        """How many deliveries the notice has."""
        return sum(sum(counts.values()) for counts in self.deliveries.values())

    @property
    def open(self) -> int:
        """How many deliveries somebody still has to act on."""
        return sum(
            count
            for counts in self.deliveries.values()
            for status, count in counts.items()
            if DeliveryStatus(status) in OPEN
        )

    def as_json(self) -> dict[str, object]:
        """Return the object that ``notify status --json`` prints."""
        return {
            "incident": self.incident,
            "race": self.race,
            "playbook": self.playbook,
            "status": self.status,
            "drill": self.drill,
            "notice": self.notice,
            "kind": self.kind,
            "revision": self.revision,
            "held": self.held,
            "people": self.people,
            "reached": self.reached,
            "deliveries": {name: dict(counts) for name, counts in self.deliveries.items()},
            "left_out": dict(self.left_out),
            "failures": dict(self.failures),
            "waiting": dict(self.waiting),
            "seconds": dict(self.seconds),
            "urls": dict(self.urls),
        }


def status(incident_id: str, *, services: Services) -> Status:
    """Return where the incident stands; raises ``Unknown``."""
    with services.database.read() as connection:
        return _status(connection, incident_id, services)


def _status(connection: Connection, incident_id: str, services: Services) -> Status:
    incident = connection.execute(
        select(IncidentRow.__table__).where(IncidentRow.id == incident_id)
    ).first()
    if incident is None:
        raise Unknown("incident", incident_id)
    notice = connection.execute(
        select(NoticeRow.__table__)
        .where(NoticeRow.incident_id == incident_id)
        .order_by(NoticeRow.id.desc())
        .limit(1)
    ).one()
    deliveries = delivery_counts(connection, [notice.id])
    is_open = any(
        DeliveryStatus(state) in OPEN for counts in deliveries.values() for state in counts
    )
    first, last = accepted_between(connection, notice.id)
    people, left_out = people_told(connection, notice.id)
    failures, waiting = counts_by_code(connection, [notice.id])
    return Status(
        incident=incident.id,
        race=incident.race_id,
        playbook=incident.playbook_id,
        status=incident.status,
        drill=incident.drill,
        notice=notice.id,
        kind=notice.kind,
        revision=notice.revision,
        held=notice.held_at is not None,
        people=people,
        reached=people_reached(connection, notice.id),
        deliveries=deliveries,
        left_out=left_out,
        failures=failures,
        waiting=waiting,
        seconds={
            "committed": 0.0,
            "published": _since(notice.created_at, notice.published_at),
            "first_accepted": _since(notice.created_at, first),
            "all_accepted": None if is_open else _since(notice.created_at, last),
        },
        urls={
            "page": services.links.page(incident.id),
            "console": services.links.console(incident.id),
            "faq": services.links.faq(),
        },
        created_at=notice.created_at,
        expires_at=notice.expires_at,
        promised_at=incident.promised_at,
    )


def _since(start: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - start).total_seconds(), 3)
