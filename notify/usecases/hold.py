"""Stop and resume: hold everything of an incident that has not left, and let exactly that go on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from notify.domain.delivery import HANDED_OVER, Channel, DeliveryStatus
from notify.store.audience import notices_of
from notify.store.incidents import IncidentRow
from notify.store.journal import Deed, audit
from notify.store.journal import hold as hold_notices
from notify.store.progress import delivery_counts
from notify.usecases.errors import Unknown
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Held:
    """The counts at the moment of the commit: handed over, on their way, not to leave."""

    incident_id: str
    sent: int
    in_flight: int
    held: int
    changed: bool


def hold(incident_id: str, *, actor: str, services: Services) -> Held:
    """Let no further message of the incident leave; raises ``Unknown``.

    What was claimed before the commit may still leave: at most one window per worker.
    """
    return _set(incident_id, actor=actor, holding=True, services=services)


def release(incident_id: str, *, actor: str, services: Services) -> Held:
    """Let the messages that were held leave, and no other; raises ``Unknown``."""
    held = _set(incident_id, actor=actor, holding=False, services=services)
    services.bell.ring(list(Channel))
    return held


def _set(incident_id: str, *, actor: str, holding: bool, services: Services) -> Held:
    deed = Deed(actor, services.now())
    with services.database.write() as connection:
        known = select(IncidentRow.id).where(IncidentRow.id == incident_id)
        if connection.execute(known).first() is None:
            raise Unknown("incident", incident_id)
        changed = hold_notices(connection, incident_id=incident_id, at=deed.at if holding else None)
        held = _counts(connection, incident_id, changed=changed > 0)
        if changed:
            audit(
                connection,
                deed,
                "incident.stopped" if holding else "incident.resumed",
                incident_id=incident_id,
                detail={"sent": held.sent, "in_flight": held.in_flight, "held": held.held},
            )
    services.bell.announce("incidents")
    return held


def _counts(connection: Connection, incident_id: str, *, changed: bool) -> Held:
    notices = list(connection.execute(notices_of(incident_id)).scalars())
    counts: dict[str, int] = {}
    for by_status in delivery_counts(connection, notices).values():
        for status, count in by_status.items():
            counts[status] = counts.get(status, 0) + count
    in_flight = (DeliveryStatus.LEASED, DeliveryStatus.SENDING, DeliveryStatus.AMBIGUOUS)
    return Held(
        incident_id=incident_id,
        sent=sum(counts.get(status, 0) for status in HANDED_OVER),
        in_flight=sum(counts.get(status, 0) for status in in_flight),
        held=counts.get(DeliveryStatus.PLANNED, 0),
        changed=changed,
    )
