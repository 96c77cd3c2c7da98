"""Writing a notice's audience snapshot and its deliveries: set-based, never row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, and_, delete, insert, literal, select, text, update

from notify.domain.delivery import Channel, DeliveryStatus
from notify.store.audience import Selection, addressed, addresses, people
from notify.store.deliveries import DeliveryRow, LaneRow, RecipientRow, SharedDeliveryRow

_STREAM = {"yield_per": 2000}

_RECIPIENT = (
    *("registrant_id", "left_out", "group_id", "rank", "language", "first_name", "last_name"),
    *("bib", "course", "wave", "phone", "email"),
)
_DELIVERY = (
    *("lane_id", "registrant_id", "address", "position", "status", "attempt", "fence", "resent"),
    "changed_at",
)


def plan(
    connection: Connection, *, notice_id: int, selection: Selection, at: datetime
) -> dict[Channel, int]:
    """Write recipients, lanes and deliveries of a notice; return the deliveries per channel.

    One ``INSERT … SELECT`` per table and channel. A channel that reaches nobody gets no lane.
    """
    if connection.dialect.name == "postgresql":
        # It has no statistics yet of rows just written, takes them for a handful, and would
        # compare every delivery with every recipient.
        connection.execute(text("SET LOCAL enable_nestloop = off"))
    who = people(selection).subquery("who")
    connection.execute(
        insert(RecipientRow).from_select(
            ["notice_id", *_RECIPIENT],
            select(literal(notice_id), *(who.c[name] for name in _RECIPIENT)),
        )
    )
    groups = selection.rule.group_ids
    sizes = {
        channel: _plan_lane(connection, notice_id, channel, groups, at)
        for channel in selection.channels
    }
    return {channel: size for channel, size in sizes.items() if size}


def _plan_lane(
    connection: Connection, notice_id: int, channel: Channel, groups: Sequence[str], at: datetime
) -> int:
    lane_id = connection.execute(
        insert(LaneRow)
        .values(notice_id=notice_id, channel=channel, size=0, cursor=0, due_at=at)
        .returning(LaneRow.id)
    ).scalar_one()
    who = _snapshot(notice_id).subquery("who")
    rows = addresses(channel, who, groups).subquery("rows")
    written = connection.execute(
        insert(DeliveryRow).from_select(
            list(_DELIVERY),
            select(
                literal(lane_id),
                rows.c.registrant_id,
                rows.c.address,
                rows.c.position,
                literal(DeliveryStatus.PLANNED.value),
                *(literal(0), literal(0), literal(0)),
                literal(at, DeliveryRow.changed_at.type),
            ),
        ),
        # PostgreSQL's driver forgets the count of an INSERT unless asked to keep it.
        execution_options={"preserve_rowcount": True},
    ).rowcount
    if not written:
        connection.execute(delete(LaneRow).where(LaneRow.id == lane_id))
        return 0
    connection.execute(update(LaneRow).where(LaneRow.id == lane_id).values(size=written))
    _credit_others(connection, notice_id, lane_id, channel)
    return written


def _snapshot(notice_id: int) -> Select[RecipientRow]:
    return select(RecipientRow).where(RecipientRow.notice_id == notice_id)


def _credit_others(connection: Connection, notice_id: int, lane_id: int, channel: Channel) -> None:
    """Write down the other people told by a message to a shared phone, mailbox or app."""
    told = _snapshot(notice_id).subquery("told")
    source, address = addressed(channel, told)
    shared = (
        select(DeliveryRow.id, told.c.registrant_id)
        .select_from(source)
        .join(DeliveryRow, and_(DeliveryRow.lane_id == lane_id, DeliveryRow.address == address))
        .where(told.c.left_out.is_(None), told.c.registrant_id != DeliveryRow.registrant_id)
    )
    connection.execute(
        insert(SharedDeliveryRow).from_select(["delivery_id", "registrant_id"], shared)
    )


def foreseen(connection: Connection, selection: Selection) -> Iterator[tuple[object, ...]]:
    """Yield what would be planned, in order: (channel, registrant, group, language, address)."""
    who = people(selection).cte("who")
    for channel in selection.channels:
        rows = addresses(channel, who, selection.rule.group_ids).subquery("rows")
        query = select(
            rows.c.registrant_id, rows.c.group_id, rows.c.language, rows.c.address
        ).order_by(rows.c.position)
        for row in connection.execute(query, execution_options=_STREAM):
            yield (channel.value, *row)


def planned(connection: Connection, notice_id: int) -> Iterator[tuple[object, ...]]:
    """Yield what was planned, in the form and order of ``foreseen``."""
    query = (
        select(
            DeliveryRow.registrant_id,
            RecipientRow.group_id,
            RecipientRow.language,
            DeliveryRow.address,
        )
        .join(
            RecipientRow,
            (RecipientRow.registrant_id == DeliveryRow.registrant_id)
            & (RecipientRow.notice_id == notice_id),
        )
        .order_by(DeliveryRow.position)
    )
    lanes = select(LaneRow.id, LaneRow.channel).where(LaneRow.notice_id == notice_id)
    for lane_id, channel in connection.execute(lanes.order_by(LaneRow.id)).all():
        rows = connection.execute(
            query.where(DeliveryRow.lane_id == lane_id), execution_options=_STREAM
        )
        for row in rows:
            yield (channel, *row)
