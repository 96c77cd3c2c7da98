"""Claiming deliveries of a channel, and finding the claims of workers that are no more.

A claim locks one lane (``FOR UPDATE`` on PostgreSQL, ``BEGIN IMMEDIATE`` on SQLite), takes what has
to be tried again and then the next positions, and commits them as ``sending`` before any of them
leaves: no provider is ever called for a row that does not say so. Only ever claim what can be sent
at once, so that after a crash the rows in doubt are the ones that were in flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from notify.domain.delivery import Channel, DeliveryStatus, allowed_from
from notify.store.deliveries import (
    ClaimRow,
    DeliveryRow,
    LaneRow,
    LaterRow,
    NoticeRow,
    RecipientRow,
)
from notify.store.engine import UtcDateTime, database_now
from notify.store.races import SuppressionRow

C, D, L, N, P = ClaimRow, DeliveryRow, LaneRow, NoticeRow, RecipientRow

RETRY, DOUBT = "retry", "doubt"
"""The kinds of ``later``."""


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

    id: int
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
    while lane := connection.execute(_MOST_URGENT, {"channel": channel, "now": now}).first():
        here = {"channel": channel, "now": now, "lane": lane.id, "notice": lane.notice_id}
        found = list(connection.execute(_AGAIN, here | {"limit": limit}))
        again = len(found)
        if again < limit and lane.due_at <= now:
            rest = {"first": lane.cursor, "limit": limit - again}
            found += connection.execute(_NEXT, here | rest).all()
        if not found:
            _settle(connection, lane, now)
            continue
        if not found[0].sendable:
            # Held while we waited for the lane: PostgreSQL looked at the notice before the wait.
            continue
        taken = _take(connection, lane, found, again, lease)
        if taken.rows:
            return taken
    return None


def _settle(connection: Connection, lane: Row[*tuple[Any, ...]], now: datetime) -> None:
    """Nothing of the lane is waiting any more: forget what said that something was."""
    stale = (LaterRow.lane_id == lane.id, LaterRow.kind == RETRY, LaterRow.due_at <= now)
    connection.execute(delete(LaterRow).where(*stale))
    if lane.due_at <= now:
        connection.execute(_ADVANCE, {"lane": lane.id, "next": lane.size})


def _take(
    connection: Connection,
    lane: Row[*tuple[Any, ...]],
    found: Sequence[Row[*tuple[Any, ...]]],
    again: int,
    lease: Lease,
) -> Claim:
    """Mark ``found``, of which the first ``again`` are retries, as ``sending`` and ours."""
    now = database_now(connection)
    retries, fresh = found[:again], found[again:]
    if retries:
        connection.execute(delete(LaterRow).where(LaterRow.delivery_id.in_(_ids(retries))))
    if fresh:
        connection.execute(_ADVANCE, {"lane": lane.id, "next": fresh[-1].position + 1})
    _suppress(connection, [row for row in found if row.suppressed], now)
    willing = [row for row in found if not row.suppressed]
    if not willing:
        return Claim(0, lane.notice_id, ())
    places = [row.position for row in willing]
    until = now + timedelta(seconds=lease.seconds)
    span = {"lane": lane.id, "low": min(places), "high": max(places)}
    claim_id = connection.execute(
        insert(C)
        .values(
            lane_id=lane.id,
            low=span["low"],
            high=span["high"],
            owner=lease.owner,
            lease_until=until,
        )
        .returning(C.id)
    ).scalar_one()
    mine = {"claim": claim_id, "until": until, "now": now}
    marked: set[int] = set()
    if retries:
        mark = _MARK.where(D.id.in_(_ids(retries)))
        marked.update(connection.execute(mark, mine).scalars())
    if fresh:
        span["low"], span["high"] = fresh[0].position, fresh[-1].position
        marked.update(connection.execute(_MARK_SPAN, span | mine).scalars())
    rows = tuple(Claimed._make(row[:_WIDTH]) for row in willing if row.id in marked)
    return Claim(claim_id, lane.notice_id, rows)


def _ids(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[int]:
    return [row.id for row in rows]


def _suppress(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> None:
    if rows:
        connection.execute(
            update(D)
            .where(D.id.in_(_ids(rows)), D.status.in_(allowed_from(DeliveryStatus.SUPPRESSED)))
            .values(status=DeliveryStatus.SUPPRESSED, error_code="opted_out", changed_at=now)
        )


def sendable(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition under which a notice's deliveries may leave."""
    return and_(
        N.published_at.is_not(None),
        N.held_at.is_(None),
        N.superseded_at.is_(None),
        N.expires_at > now,
    )


def has_work(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition under which a lane has something that may be claimed."""
    again = exists().where(LaterRow.lane_id == L.id, LaterRow.kind == RETRY, LaterRow.due_at <= now)
    return or_(and_(L.cursor < L.size, L.due_at <= now), again)


_NOW: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
_PLANNED = D.status == DeliveryStatus.PLANNED

# The statements of a claim are built once: building them costs more than running them.
_MOST_URGENT = (
    select(L.id, L.cursor, L.size, L.due_at, L.notice_id)
    .join(N, N.id == L.notice_id)
    .where(L.channel == bindparam("channel"), has_work(_NOW), sendable(_NOW))
    # A drill never stands in the way of the real thing.
    .order_by(N.drill, N.priority, N.id)
    .limit(1)
    .with_for_update(of=L)
)
_HERE = and_(D.lane_id == bindparam("lane"), _PLANNED)
_PICKED_COLUMNS = (D.id, D.lane_id, D.fence, D.attempt, D.address, D.position, D.registrant_id)


def _with_person(picked: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what the message needs to the few rows picked.

    They are picked first, in a subquery with its own limit: PostgreSQL would else join every
    recipient of the notice before it takes the first hundred.
    """
    rows = picked.order_by(D.position).limit(bindparam("limit")).subquery("picked")
    notice: ColumnElement[int] = bindparam("notice")
    return (
        select(
            rows.c.id,
            rows.c.lane_id,
            rows.c.fence + 1,
            rows.c.attempt + 1,
            rows.c.address,
            *(P.language, P.group_id, P.first_name, P.last_name, P.bib, P.course, P.wave),
            rows.c.position,
            SuppressionRow.address.is_not(None).label("suppressed"),
            select(sendable(_NOW)).where(N.id == notice).scalar_subquery().label("sendable"),
        )
        .select_from(rows)
        .join(P, and_(P.notice_id == notice, P.registrant_id == rows.c.registrant_id))
        .outerjoin(
            SuppressionRow,
            and_(
                SuppressionRow.channel == bindparam("channel"),
                SuppressionRow.address == rows.c.address,
            ),
        )
        .order_by(rows.c.position)
    )


_NEXT = _with_person(select(*_PICKED_COLUMNS).where(_HERE, D.position >= bindparam("first")))
_AGAIN = _with_person(
    select(*_PICKED_COLUMNS)
    .join(LaterRow, LaterRow.delivery_id == D.id)
    .where(_HERE, LaterRow.kind == RETRY, LaterRow.due_at <= _NOW)
)
_MARK = (
    update(D)
    .where(_PLANNED)
    .values(
        status=DeliveryStatus.SENDING,
        claim_id=bindparam("claim"),
        fence=D.fence + 1,
        attempt=D.attempt + 1,
        lease_until=bindparam("until"),
        changed_at=_NOW,
    )
    .returning(D.id)
)
_MARK_SPAN = _MARK.where(
    D.lane_id == bindparam("lane"), D.position.between(bindparam("low"), bindparam("high"))
)
_ADVANCE = update(L).where(L.id == bindparam("lane")).values(cursor=bindparam("next"))
