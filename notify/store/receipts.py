"""Receipts: keeping what providers report, once each, and folding it into the delivery's status."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from notify.domain.delivery import Channel, DeliveryStatus
from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow, ReceiptRow

D = DeliveryRow


@dataclass(frozen=True, slots=True)
class Target:
    """The delivery a receipt is about: its row, its channel and the incident it must belong to."""

    incident_id: str
    delivery_id: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class Reported:
    """What was reported: the provider's id of the message, and a code if it went wrong."""

    status: DeliveryStatus
    provider_id: str
    event: str
    error_code: str | None


def is_ours(connection: Connection, target: Target) -> bool:
    """Return whether there is such a delivery on that channel of that incident."""
    query = select(D.id).where(D.id == target.delivery_id, of_incident(target))
    return connection.execute(query).first() is not None


def keep(
    connection: Connection, target: Target, reported: Reported, *, at: datetime, known: bool
) -> bool:
    """Append the receipt as it came; return ``False`` if this very event is already there.

    A receipt for a delivery that is not ``known`` is kept too, not folded.
    """
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(ReceiptRow)
    kept = connection.execute(
        insert.values(
            channel=target.channel,
            delivery_id=target.delivery_id,
            provider_id=reported.provider_id,
            status=reported.status,
            event=reported.event,
            error_code=reported.error_code,
            received_at=at,
            folded_at=at if known else None,
        )
        .on_conflict_do_nothing(index_elements=["event"])
        .returning(ReceiptRow.id)
    )
    return kept.first() is not None


def fold(
    connection: Connection,
    target: Target,
    reported: Reported,
    *,
    at: datetime,
    instead_of: Collection[DeliveryStatus],
    newest_attempt: int | None = None,
) -> bool:
    """Make the delivery ``reported.status`` where it stands at one of ``instead_of``.

    With ``newest_attempt`` only a delivery that has not been tried again since changes. The lease
    ends: whoever holds it will find that the row is no longer theirs. Returns whether it changed.
    """
    conditions = [D.id == target.delivery_id, D.status.in_(instead_of), of_incident(target)]
    if newest_attempt is not None:
        conditions.append(D.attempt <= newest_attempt)
    folded = connection.execute(
        update(D)
        .where(*conditions)
        .values(
            status=reported.status,
            provider_id=func.coalesce(D.provider_id, reported.provider_id),
            error_code=reported.error_code,
            accepted_at=func.coalesce(D.accepted_at, literal(at, D.accepted_at.type)),
            changed_at=at,
            lease_until=None,
            claim_id=None,
        )
    )
    return folded.rowcount == 1


def of_incident(target: Target) -> ColumnElement[bool]:
    """Return the condition that a delivery is on the target's channel of its incident."""
    lanes = (
        select(LaneRow.id)
        .join(NoticeRow, NoticeRow.id == LaneRow.notice_id)
        .where(NoticeRow.incident_id == target.incident_id, LaneRow.channel == target.channel)
    )
    return D.lane_id.in_(lanes)
