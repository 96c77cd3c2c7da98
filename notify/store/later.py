"""What somebody must come back to: deliveries in doubt, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select, update

from notify.domain.delivery import Channel, DeliveryStatus
from notify.store.claims import DOUBT, RETRY
from notify.store.deliveries import DeliveryRow, LaneRow, LaterRow, NoticeRow, RecipientRow

D, L, N, P = DeliveryRow, LaneRow, NoticeRow, RecipientRow

AnyRow = Row[*tuple[Any, ...]]


def doubts_due(
    connection: Connection, *, channel: Channel, now: datetime, limit: int
) -> Sequence[AnyRow]:
    """Return deliveries of ``channel`` to ask the provider about, with what is needed to ask.

    Rows that are not in doubt any more (a receipt came) are forgotten on the way.
    """
    known = select(D.id).where(D.status != DeliveryStatus.AMBIGUOUS, D.id == LaterRow.delivery_id)
    due = and_(LaterRow.kind == DOUBT, LaterRow.due_at <= now, LaterRow.channel == channel)
    connection.execute(delete(LaterRow).where(due, known.exists()))
    query = (
        select(
            *(D.id, D.lane_id, D.fence, D.attempt, D.address),
            *(P.language, P.group_id, P.first_name, P.last_name, P.bib, P.course, P.wave),
            *(N.id.label("notice_id"), N.hold_doubtful, LaterRow.since, LaterRow.misses),
        )
        .select_from(LaterRow)
        .join(D, D.id == LaterRow.delivery_id)
        .join(L, L.id == D.lane_id)
        .join(N, N.id == L.notice_id)
        .join(P, and_(P.notice_id == N.id, P.registrant_id == D.registrant_id))
        .where(due)
        .order_by(LaterRow.due_at)
        .limit(limit)
    )
    return connection.execute(query).all()


def ask_again(
    connection: Connection, *, delivery_id: int, misses: int, due_at: datetime | None
) -> None:
    """Keep a doubt until ``due_at``; ``None`` leaves it to a person."""
    connection.execute(
        update(LaterRow)
        .where(LaterRow.delivery_id == delivery_id, LaterRow.kind == DOUBT)
        .values(misses=misses, due_at=due_at)
    )


def send_again(connection: Connection, *, delivery_id: int, fence: int, now: datetime) -> bool:
    """Plan a delivery that the provider does not know once more, and count that; ``True`` if done.

    A receipt that came meanwhile wins: then nothing changes.
    """
    planned = connection.execute(
        update(D)
        .where(D.id == delivery_id, D.fence == fence, D.status == DeliveryStatus.AMBIGUOUS)
        .values(status=DeliveryStatus.PLANNED, resent=D.resent + 1, changed_at=now)
    ).rowcount
    if planned:
        connection.execute(
            update(LaterRow)
            .where(LaterRow.delivery_id == delivery_id)
            .values(kind=RETRY, due_at=now)
        )
    return planned == 1


def channels_waiting(connection: Connection, *, now: datetime) -> set[Channel]:
    """Return the channels on which something in doubt is due to be asked about."""
    query = (
        select(LaterRow.channel).where(LaterRow.kind == DOUBT, LaterRow.due_at <= now).distinct()
    )
    return {Channel(channel) for channel in connection.execute(query).scalars()}
