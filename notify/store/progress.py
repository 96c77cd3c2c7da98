"""Reading how far a notice has come: counts, people reached, the moments that matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, union

from notify.domain.delivery import REACHED, DeliveryStatus
from notify.store.deliveries import DeliveryRow, LaneRow, RecipientRow, SharedDeliveryRow


def delivery_counts(connection: Connection, notice_ids: Sequence[int]) -> dict[str, dict[str, int]]:
    """Return the number of deliveries by channel and status."""
    query = (
        select(LaneRow.channel, DeliveryRow.status, func.count())
        .join(DeliveryRow, DeliveryRow.lane_id == LaneRow.id)
        .where(LaneRow.notice_id.in_(notice_ids))
        .group_by(LaneRow.channel, DeliveryRow.status)
    )
    counts: dict[str, dict[str, int]] = {}
    for channel, status, count in connection.execute(query):
        counts.setdefault(channel, {})[status] = count
    return counts


_BAD = (DeliveryStatus.FAILED, DeliveryStatus.UNDELIVERED, DeliveryStatus.SUPPRESSED)
_WAITING = (DeliveryStatus.PLANNED, DeliveryStatus.AMBIGUOUS)


def counts_by_code(
    connection: Connection, notice_ids: Sequence[int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many deliveries ended badly, and how many wait after a try that did not succeed.

    Both are by ``channel:code``. One that waits and was never tried has no code and is in neither.
    """
    bad = DeliveryRow.status.in_(_BAD)
    waiting = DeliveryRow.status.in_(_WAITING) & DeliveryRow.error_code.is_not(None)
    query = (
        select(LaneRow.channel, DeliveryRow.error_code, bad, func.count())
        .join(DeliveryRow, DeliveryRow.lane_id == LaneRow.id)
        .where(LaneRow.notice_id.in_(notice_ids), bad | waiting)
        .group_by(LaneRow.channel, DeliveryRow.error_code, bad)
    )
    ended: dict[str, int] = {}
    tried: dict[str, int] = {}
    for channel, code, over, count in connection.execute(query):
        (ended if over else tried)[f"{channel}:{code}"] = count
    return ended, tried


def people_told(connection: Connection, notice_id: int) -> tuple[int, dict[str, int]]:
    """Return how many people a notice is for, and how many are left out by reason."""
    query = (
        select(RecipientRow.left_out, func.count())
        .where(RecipientRow.notice_id == notice_id)
        .group_by(RecipientRow.left_out)
    )
    told, left_out = 0, {}
    for reason, count in connection.execute(query):
        if reason is None:
            told = count
        else:
            left_out[reason] = count
    return told, left_out


def people_reached(connection: Connection, notice_id: int) -> int:
    """Return how many people a provider has taken a message for, each counted once."""
    lanes = select(LaneRow.id).where(LaneRow.notice_id == notice_id)
    reached = DeliveryRow.lane_id.in_(lanes), DeliveryRow.status.in_(REACHED)
    direct = select(DeliveryRow.registrant_id).where(*reached)
    shared = (
        select(SharedDeliveryRow.registrant_id)
        .join(DeliveryRow, DeliveryRow.id == SharedDeliveryRow.delivery_id)
        .where(*reached)
    )
    both = union(direct, shared).subquery()
    return connection.execute(select(func.count()).select_from(both)).scalar_one()


def accepted_between(
    connection: Connection, notice_id: int
) -> tuple[datetime | None, datetime | None]:
    """Return when the first and the last delivery of a notice was accepted, as far as known."""
    row = connection.execute(
        select(func.min(DeliveryRow.accepted_at), func.max(DeliveryRow.accepted_at))
        .join(LaneRow, LaneRow.id == DeliveryRow.lane_id)
        .where(LaneRow.notice_id == notice_id)
    ).one()
    return row[0], row[1]
