"""Writing and reading incidents, revisions, notices and what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, or_, select, update

from notify.domain.incident import ALLOWED, IncidentStatus
from notify.domain.notice import Surface
from notify.store.claims import RETRY
from notify.store.deliveries import DeliveryRow, LaneRow, LaterRow, NoticeRow
from notify.store.engine import Database
from notify.store.incidents import AuditRow, IncidentRow, RevisionRow, ShownRow


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, and when."""

    actor: str
    at: datetime


Shown = Mapping[str, Mapping[Surface, str]]
"""Texts by language and surface."""


class StoredSurfaces:
    """The built-in FAQ, page and banner: what anybody who opens them now is shown."""

    name = "notify"

    def __init__(self, database: Database) -> None:
        self._database = database

    def read_back(self, incident_id: str) -> Shown:
        """Return the texts shown for an incident now."""
        with self._database.read() as connection:
            return read_shown(connection, incident_id=incident_id)


def write_shown(connection: Connection, *, incident_id: str, revision: int, shown: Shown) -> None:
    """Write what a revision shows, every language and surface."""
    rows = [
        {
            "incident_id": incident_id,
            "revision": revision,
            "language": language,
            "surface": surface.value,
            "text": text,
        }
        for language, texts in shown.items()
        for surface, text in texts.items()
    ]
    connection.execute(insert(ShownRow), rows)


def read_shown(connection: Connection, *, incident_id: str) -> dict[str, dict[Surface, str]]:
    """Return what the incident shows now: the texts of its current revision."""
    query = (
        select(ShownRow.language, ShownRow.surface, ShownRow.text)
        .join(IncidentRow, IncidentRow.id == ShownRow.incident_id)
        .where(ShownRow.incident_id == incident_id, ShownRow.revision == IncidentRow.revision)
    )
    shown: dict[str, dict[Surface, str]] = {}
    for language, surface, text in connection.execute(query):
        shown.setdefault(language, {})[Surface(surface)] = text
    return shown


def audit(
    connection: Connection,
    deed: Deed,
    action: str,
    *,
    incident_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down who did what, in the transaction of the deed."""
    connection.execute(
        insert(AuditRow).values(
            at=deed.at,
            actor=deed.actor,
            action=action,
            incident_id=incident_id,
            detail=dict(detail or {}),
        )
    )


def add_revision(
    connection: Connection,
    deed: Deed,
    *,
    incident_id: str,
    number: int,
    kind: str,
    facts: Mapping[str, Any],
) -> None:
    """Append a revision of the facts and make it the incident's current one."""
    connection.execute(
        insert(RevisionRow).values(
            incident_id=incident_id,
            number=number,
            kind=kind,
            facts=dict(facts),
            created_at=deed.at,
            created_by=deed.actor,
        )
    )
    connection.execute(
        update(IncidentRow).where(IncidentRow.id == incident_id).values(revision=number)
    )


def move_incident(
    connection: Connection, *, incident_id: str, to: IncidentStatus, at: datetime
) -> bool:
    """Move an incident along the table of allowed moves; return whether it was allowed."""
    before = [status for status, following in ALLOWED.items() if to in following]
    values: dict[str, Any] = {"status": to}
    if to is not IncidentStatus.ACTIVE:
        values |= {"active_key": None, "resolved_at": at, "promised_at": None}
    moved = connection.execute(
        update(IncidentRow)
        .where(IncidentRow.id == incident_id, IncidentRow.status.in_(before))
        .values(**values)
    )
    return moved.rowcount == 1


def supersede(connection: Connection, *, notice_ids: Sequence[int], at: datetime) -> int:
    """Withdraw what has not left of earlier notices; return how many deliveries were cancelled."""
    if not notice_ids:
        return 0
    connection.execute(
        update(NoticeRow)
        .where(NoticeRow.id.in_(notice_ids), NoticeRow.superseded_at.is_(None))
        .values(superseded_at=at)
    )
    return _end_waiting(connection, notice_ids, "cancelled", at)


def _end_waiting(
    connection: Connection, notice_ids: Sequence[int], status: str, at: datetime
) -> int:
    lanes = select(LaneRow.id).where(LaneRow.notice_id.in_(notice_ids))
    # The lanes first, as every claim does: nobody takes a row that is being withdrawn, and nobody
    # waits for us while we wait for them.
    connection.execute(lanes.order_by(LaneRow.id).with_for_update()).all()
    ended = connection.execute(
        update(DeliveryRow)
        .where(DeliveryRow.lane_id.in_(lanes), DeliveryRow.status == "planned")
        .values(status=status, changed_at=at)
    )
    connection.execute(update(LaneRow).where(LaneRow.id.in_(lanes)).values(cursor=LaneRow.size))
    connection.execute(delete(LaterRow).where(LaterRow.lane_id.in_(lanes), LaterRow.kind == RETRY))
    return ended.rowcount


def _waiting() -> ColumnElement[bool]:
    """The condition under which a lane still has deliveries that have not left."""
    again = exists().where(LaterRow.lane_id == LaneRow.id, LaterRow.kind == RETRY)
    return or_(LaneRow.cursor < LaneRow.size, again)


def withdraw_returned(connection: Connection, *, at: datetime) -> int:
    """Withdraw what was in flight when its notice was superseded, and came back not sent."""
    returned = list(
        connection.execute(
            select(NoticeRow.id)
            .join(LaneRow, LaneRow.notice_id == NoticeRow.id)
            .where(NoticeRow.superseded_at.is_not(None), _waiting())
            .distinct()
        ).scalars()
    )
    return _end_waiting(connection, returned, "cancelled", at) if returned else 0


def expire(connection: Connection, *, now: datetime) -> int:
    """Close the notices whose time is over; return how many deliveries were never sent."""
    over = list(
        connection.execute(
            select(NoticeRow.id)
            .join(LaneRow, LaneRow.notice_id == NoticeRow.id)
            .where(NoticeRow.expires_at <= now, _waiting())
            .distinct()
        ).scalars()
    )
    return _end_waiting(connection, over, "expired", now) if over else 0


def hold(connection: Connection, *, incident_id: str, at: datetime | None) -> int:
    """Hold (``at`` given) or release every notice of an incident; return how many changed."""
    held = NoticeRow.held_at.is_(None) if at else NoticeRow.held_at.is_not(None)
    changed = connection.execute(
        update(NoticeRow).where(NoticeRow.incident_id == incident_id, held).values(held_at=at)
    )
    return changed.rowcount
