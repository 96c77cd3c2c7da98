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
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from notify.domain.delivery import Channel, DeliveryStatus, allowed_from
from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow, RecipientRow
from notify.store.engine import database_now
from notify.store.races import PushTokenRow, SuppressionRow

AnyRow = Row[*tuple[Any, ...]]

_LOOK_BACK = timedelta(days=1)
"""Notices expired longer ago than this are not searched for abandoned deliveries any more."""

D, L, N, P = DeliveryRow, LaneRow, NoticeRow, RecipientRow


_COPIED = ("address", "language", "group_id", "first_name", "last_name", "bib", "course", "wave")


@dataclass(frozen=True, slots=True)
class Claimed:
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
    while lane := _most_urgent(connection, channel, now):
        candidates = _candidates(connection, lane, channel, limit, now)
        if not candidates:
            _end_of_pass(connection, lane.id)
            continue
        _suppress(connection, [row.id for row in candidates if row.suppressed], now)
        taken = _take(connection, lane.id, candidates, lease, now)
        connection.execute(
            update(L).where(L.id == lane.id).values(cursor=candidates[-1].position + 1)
        )
        rows = tuple(_claimed(row, lane.id) for row in candidates if row.id in taken)
        if rows:
            return Claim(notice_id=lane.notice_id, rows=rows)
    return None


def _claimed(row: AnyRow, lane_id: int) -> Claimed:
    copied = {name: getattr(row, name) for name in _COPIED}
    return Claimed(
        id=row.id, lane_id=lane_id, fence=row.fence + 1, attempt=row.attempt + 1, **copied
    )


def _most_urgent(connection: Connection, channel: Channel, now: datetime) -> AnyRow | None:
    query = (
        select(L.id, L.cursor, L.notice_id)
        .join(N, N.id == L.notice_id)
        .where(L.channel == channel, L.due_at <= now, sendable(now))
        .order_by(N.priority, N.id)
        .limit(1)
        .with_for_update(of=L)
    )
    return connection.execute(query).first()


def sendable(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a notice's deliveries may leave."""
    return and_(
        N.published_at.is_not(None),
        N.held_at.is_(None),
        N.superseded_at.is_(None),
        N.expires_at > now,
    )


def _candidates(
    connection: Connection, lane: AnyRow, channel: Channel, limit: int, now: datetime
) -> Sequence[AnyRow]:
    suppressed = and_(SuppressionRow.channel == channel, SuppressionRow.address == D.address)
    query = (
        select(
            D.id,
            D.fence,
            D.attempt,
            D.position,
            SuppressionRow.address.is_not(None).label("suppressed"),
            D.address,
            P.language,
            P.group_id,
            P.first_name,
            P.last_name,
            P.bib,
            P.course,
            P.wave,
        )
        .join(P, and_(P.notice_id == lane.notice_id, P.registrant_id == D.registrant_id))
        .outerjoin(SuppressionRow, suppressed)
        .where(D.lane_id == lane.id, D.position >= lane.cursor, _due(now))
        .order_by(D.position)
        .limit(limit)
    )
    return connection.execute(query).all()


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(D.status == DeliveryStatus.PLANNED, or_(D.due_at.is_(None), D.due_at <= now))


def _take(
    connection: Connection,
    lane_id: int,
    candidates: Sequence[AnyRow],
    lease: Lease,
    now: datetime,
) -> set[int]:
    span = D.position.between(candidates[0].position, candidates[-1].position)
    taken = connection.execute(
        update(D)
        .where(D.lane_id == lane_id, span, _due(now))
        .values(
            status=DeliveryStatus.SENDING,
            owner=lease.owner,
            fence=D.fence + 1,
            attempt=D.attempt + 1,
            lease_until=now + timedelta(seconds=lease.seconds),
            due_at=None,
            changed_at=now,
        )
        .returning(D.id)
    )
    return set(taken.scalars())


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
    known = select(SuppressionRow.address).where(
        SuppressionRow.channel == channel, SuppressionRow.address == address
    )
    if connection.execute(known).first() is None:
        connection.execute(
            insert(SuppressionRow).values(
                channel=channel, address=address, reason=reason, created_at=at
            )
        )


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
