"""What is in hand: forgetting claims that are done, and finding those of workers that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from notify.domain.delivery import DeliveryStatus
from notify.store.claims import DOUBT
from notify.store.deliveries import ClaimRow, DeliveryRow, LaneRow, LaterRow

C, D, L = ClaimRow, DeliveryRow, LaneRow

LONGEST_LEASE = timedelta(minutes=1)
"""What a lease may have been: an attempt in doubt began no earlier than this before its end."""


def close_claims(connection: Connection, claim_ids: Sequence[int]) -> None:
    """Forget claims of which every outcome is written."""
    if claim_ids:
        connection.execute(delete(C).where(C.id.in_(claim_ids)))


def abandon(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Put what claims that ended ``before`` still have as ``sending`` in doubt; return how many."""
    left = connection.execute(
        select(C.id, C.lane_id, C.low, C.high, C.lease_until, L.channel)
        .join(L, L.id == C.lane_id)
        .where(C.lease_until <= before)
        .order_by(C.id)
    ).all()
    lost = 0
    for row in left:
        doubtful = connection.execute(
            update(D)
            .where(
                D.lane_id == row.lane_id,
                D.position.between(row.low, row.high),
                D.claim_id == row.id,
                D.status == DeliveryStatus.SENDING,
            )
            .values(
                status=DeliveryStatus.AMBIGUOUS,
                error_code="worker_lost",
                fence=D.fence + 1,
                claim_id=None,
                lease_until=None,
                changed_at=now,
            )
            .returning(D.id)
        ).scalars()
        doubts = [
            {
                "delivery_id": delivery_id,
                "lane_id": row.lane_id,
                "channel": row.channel,
                "kind": DOUBT,
                "due_at": now,
                "since": row.lease_until - LONGEST_LEASE,
                "misses": 0,
            }
            for delivery_id in doubtful
        ]
        if doubts:
            connection.execute(insert(LaterRow), doubts)
        lost += len(doubts)
    close_claims(connection, [row.id for row in left])
    return lost
