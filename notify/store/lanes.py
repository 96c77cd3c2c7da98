"""Claiming deliveries of a channel and recording what became of them.

A claim locks one lane (``FOR UPDATE`` on PostgreSQL, ``BEGIN IMMEDIATE`` on SQLite), takes the next
positions, and commits them as ``sending`` before any of them leaves: no provider is ever called for
a row that does not say so. Only ever claim what can be sent at once, so that after a crash the rows
in doubt are the ones that were in flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from notify.domain.delivery import Channel, DeliveryStatus, allowed_from
from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow, RecipientRow
from notify.store.engine import UtcDateTime, database_now
from notify.store.races import PushTokenRow, SuppressionRow

_LOOK_BACK = timedelta(days=1)
"""Notices expired longer ago than this are not searched for abandoned deliveries any more."""

D, L, N, P = DeliveryRow, LaneRow, NoticeRow, RecipientRow


class Claimed(NamedTuple):
    """One delivery in our hands until its lease ends; ``fence`` proves it."""

    id: int
    lane_id: int
    fence: int
    attempt: int
    address: str
    language: str
    group_id: str
    first_name: str
    last_name: str
    bib: str
    course: str
    wave: str


_WIDTH = len(Claimed._fields)


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries of one lane, taken together."""

    notice_id: int
    rows: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """Who claims, and for how long."""

    owner: str
    seconds: float


def claim(connection: Connection, *, channel: Channel, limit: int, lease: Lease) -> Claim | None:
    """Take up to ``limit`` deliveries of the most urgent lane, or return ``None`` if none is due.

    Lanes of unpublished, held, superseded or expired notices are passed over, and so are
    suppressed addresses: they are marked and never sent.
    """
    now = database_now(connection)
    when = {"channel": channel, "now": now}
    while lane := connection.execute(_MOST_URGENT, when).first():
        here = {"lane_id": lane.id, "first": lane.cursor, **when}
        found = connection.execute(_NEXT_ROWS, here | {"limit": limit}).all()
        if not found:
            _end_of_pass(connection, lane.id)
            continue
        if not found[0].sendable:
            # Held while we waited for the lane: PostgreSQL looked at the notice before the wait.
            continue
        _suppress(connection, [row.id for row in found if row.suppressed], now)
        span = {"lane": lane.id, "low": found[0].position, "high": found[-1].position}
        lease_until = now + timedelta(seconds=lease.seconds)
        mine = {"by": lease.owner, "until": lease_until, "now": now}
        taken = set(connection.execute(_TAKE, span | mine).scalars())
        connection.execute(_ADVANCE, {"lane": lane.id, "next": found[-1].position + 1})
        rows = tuple(Claimed._make(row[:_WIDTH]) for row in found if row.id in taken)
        if rows:
            return Claim(notice_id=lane.notice_id, rows=rows)
    return None


def sendable(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition under which a notice's deliveries may leave."""
    return and_(
        N.published_at.is_not(None),
        N.held_at.is_(None),
        N.superseded_at.is_(None),
        N.expires_at > now,
    )


_NOW: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
_DUE = and_(D.status == DeliveryStatus.PLANNED, or_(D.due_at.is_(None), D.due_at <= _NOW))

# The statements of a claim are built once: building them costs more than running them.
_MOST_URGENT = (
    select(L.id, L.cursor, L.notice_id)
    .join(N, N.id == L.notice_id)
    .where(L.channel == bindparam("channel"), L.due_at <= _NOW, sendable(_NOW))
    # A drill never stands in the way of the real thing.
    .order_by(N.drill, N.priority, N.id)
    .limit(1)
    .with_for_update(of=L)
)
_NEXT_ROWS = (
    select(
        D.id,
        D.lane_id,
        D.fence + 1,
        D.attempt + 1,
        D.address,
        *(P.language, P.group_id, P.first_name, P.last_name, P.bib, P.course, P.wave),
        D.position,
        SuppressionRow.address.is_not(None).label("suppressed"),
        sendable(_NOW).label("sendable"),
    )
    .join(L, L.id == D.lane_id)
    .join(N, N.id == L.notice_id)
    .join(P, and_(P.notice_id == L.notice_id, P.registrant_id == D.registrant_id))
    .outerjoin(
        SuppressionRow,
        and_(SuppressionRow.channel == bindparam("channel"), SuppressionRow.address == D.address),
    )
    .where(D.lane_id == bindparam("lane_id"), D.position >= bindparam("first"), _DUE)
    .order_by(D.position)
    .limit(bindparam("limit"))
)
_TAKE = (
    update(D)
    .where(
        D.lane_id == bindparam("lane"),
        D.position.between(bindparam("low"), bindparam("high")),
        _DUE,
    )
    .values(
        status=DeliveryStatus.SENDING,
        owner=bindparam("by"),
        fence=D.fence + 1,
        attempt=D.attempt + 1,
        lease_until=bindparam("until"),
        due_at=None,
        changed_at=_NOW,
    )
    .returning(D.id)
)
_ADVANCE = update(L).where(L.id == bindparam("lane")).values(cursor=bindparam("next"))


def _suppress(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    if ids:
        connection.execute(
            update(D)
            .where(D.id.in_(ids), D.status.in_(allowed_from(DeliveryStatus.SUPPRESSED)))
            .values(status=DeliveryStatus.SUPPRESSED, error_code="opted_out", changed_at=now)
        )


def _end_of_pass(connection: Connection, lane_id: int) -> None:
    """The cursor met nothing more: come back when the first waiting delivery is due, if any."""
    waiting = and_(D.lane_id == lane_id, D.status == DeliveryStatus.PLANNED)
    row = connection.execute(
        select(func.min(D.due_at).label("due"), func.min(D.position).label("first")).where(waiting)
    ).one()
    cursor = L.size if row.due is None else row.first
    connection.execute(update(L).where(L.id == lane_id).values(due_at=row.due, cursor=cursor))


def wait_until(connection: Connection, *, lane_id: int, due_at: datetime) -> None:
    """Make the lane due no later than ``due_at``, from its first waiting delivery on."""
    first = (
        select(func.coalesce(func.min(D.position), L.size))
        .where(D.lane_id == lane_id, D.status == DeliveryStatus.PLANNED)
        .correlate(L)
        .scalar_subquery()
    )
    sooner = func.coalesce(L.due_at, literal(due_at, L.due_at.type)) >= due_at
    connection.execute(update(L).where(L.id == lane_id).values(cursor=first))
    connection.execute(update(L).where(L.id == lane_id, sooner).values(due_at=due_at))


def suppress(
    connection: Connection, *, channel: Channel, address: str, reason: str, at: datetime
) -> None:
    """Never write to ``address`` on ``channel`` again; a second time changes nothing."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(SuppressionRow)
    values = {"channel": channel, "address": address, "reason": reason, "created_at": at}
    connection.execute(insert.values(values).on_conflict_do_nothing())


def forget_token(connection: Connection, *, token: str) -> None:
    """Drop a push token whose app is gone."""
    connection.execute(delete(PushTokenRow).where(PushTokenRow.token == token))


def abandon(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Mark rows whose lease ended ``before`` as ambiguous: they may or may not have left."""
    open_lanes = select(L.id).join(N, N.id == L.notice_id).where(N.expires_at > now - _LOOK_BACK)
    abandoned = connection.execute(
        update(D)
        .where(
            D.lane_id.in_(open_lanes),
            D.status == DeliveryStatus.SENDING,
            D.lease_until <= before,
        )
        .values(
            status=DeliveryStatus.AMBIGUOUS,
            error_code="worker_lost",
            fence=D.fence + 1,
            owner=None,
            lease_until=None,
            due_at=now,
            changed_at=now,
        )
    )
    return abandoned.rowcount
