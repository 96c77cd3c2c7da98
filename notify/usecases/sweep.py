"""Sweep: find what nobody is looking after any more. Running it twice changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from notify.domain.attempt import SETTLE_S
from notify.domain.delivery import Channel
from notify.logs import logger
from notify.store.claims import has_work, sendable
from notify.store.deliveries import LaneRow, NoticeRow
from notify.store.engine import database_now
from notify.store.journal import expire, withdraw_returned
from notify.store.later import channels_waiting
from notify.store.leases import abandon
from notify.usecases.errors import NotPublished
from notify.usecases.publish import publish
from notify.usecases.services import Services

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: deliveries that changed, by their new state, notices, channels rung."""

    ambiguous: int
    expired: int
    withdrawn: int
    published: int
    rung: tuple[Channel, ...]


def sweep(*, services: Services) -> Swept:
    """Look after expired leases, expired notices, unpublished notices and silent lanes."""
    published = _publish_the_rest(services)
    with services.database.write() as connection:
        now = database_now(connection)
        withdrawn = withdraw_returned(connection, at=now)
        expired = expire(connection, now=now)
        ambiguous = abandon(connection, before=now - timedelta(seconds=SETTLE_S), now=now)
        due = _due_channels(connection)
    if published:
        services.bell.announce("incidents")
    if due:
        services.bell.ring(due)
    swept = Swept(ambiguous, expired, withdrawn, published, tuple(due))
    if ambiguous or expired or withdrawn or published:
        log.info(
            "sweep.done",
            ambiguous=ambiguous,
            expired=expired,
            withdrawn=withdrawn,
            published=published,
        )
    return swept


def _publish_the_rest(services: Services) -> int:
    """Open the gates that a crash between commit and publishing, or a slow surface, left shut."""
    with services.database.read() as connection:
        waiting = connection.execute(
            select(NoticeRow.id).where(
                NoticeRow.published_at.is_(None), NoticeRow.superseded_at.is_(None)
            )
        ).scalars()
        notices = list(waiting)
    published = 0
    for notice_id in notices:
        try:
            publish(notice_id, services=services)
            published += 1
        except NotPublished as error:
            log.warning("notice.not_published", notice=notice_id, reason=str(error))
    return published


def _due_channels(connection: Connection) -> list[Channel]:
    now = database_now(connection)
    query = (
        select(LaneRow.channel)
        .join(NoticeRow, NoticeRow.id == LaneRow.notice_id)
        .where(has_work(now), sendable(now))
        .distinct()
    )
    due = {Channel(channel) for channel in connection.execute(query).scalars()}
    return sorted(due | channels_waiting(connection, now=now))
