"""Reconcile: deliveries whose answer was lost. Ask the provider; resend only what it never got.

A receipt settles the matter at once (``receive`` folds it). Else the provider is asked for a
message to that address with that text, made since the attempt began. Two answers "not known", some
seconds apart, and the notice decides: send again, and count it, or hold it for a person. A channel
that cannot be asked makes a repeat harmless instead (FCM: collapse key, e-mail: constant
Message-ID), so there it is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from notify.domain.attempt import ASK_EVERY_S, MISSES
from notify.domain.delivery import Channel as ChannelName
from notify.logs import logger
from notify.ports import Channel, ChannelError, Receipt, Traceable
from notify.store.claims import Claimed
from notify.store.engine import database_now
from notify.store.later import AnyRow, ask_again, doubts_due, send_again
from notify.usecases.message import Messages, NoticeInHand
from notify.usecases.receive import receive
from notify.usecases.services import Services

log = logger(__name__)

_AT_ONCE = 64
"""Questions asked at a time: enough for the window of a worker that died."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found out: known to the provider, planned again, left to ask (or to a person)."""

    found: int = 0
    resent: int = 0
    open: int = 0


async def reconcile(
    name: ChannelName,
    open_channel: Callable[[], Channel],
    *,
    messages: Messages,
    services: Services,
) -> Reconciled:
    """Look into the deliveries of a channel that are in doubt and due now, at most a few dozen.

    ``open_channel`` is called only when there are any.
    """
    rows = await asyncio.to_thread(_due, name, messages, services)
    if not rows:
        return Reconciled()
    channel = open_channel()
    ends = await asyncio.gather(*(_settle(channel, row, notice, services) for row, notice in rows))
    result = Reconciled(ends.count("found"), ends.count("resent"), ends.count("open"))
    counts = {"found": result.found, "resent": result.resent, "open": result.open}
    log.info("reconciled", channel=name, **counts)
    return result


def _due(
    name: ChannelName, messages: Messages, services: Services
) -> list[tuple[AnyRow, NoticeInHand]]:
    with services.database.write() as connection:
        now = database_now(connection)
        rows = doubts_due(connection, channel=name, now=now, limit=_AT_ONCE)
        return [(row, messages.notice(connection, row.notice_id, name)) for row in rows]


async def _settle(channel: Channel, row: AnyRow, notice: NoticeInHand, services: Services) -> str:
    # A drill never asks, nor can its transport have lost anything: sent again, it arrives nowhere.
    if notice.drill or not isinstance(channel, Traceable):
        return await asyncio.to_thread(_decide, row, services)
    try:
        receipt = await _ask(channel, row, notice)
    except ChannelError as error:
        log.warning("reconcile.no_answer", channel=channel.name, code=error.code)
        return await asyncio.to_thread(_wait, row, row.misses, services)
    if receipt is not None:
        await asyncio.to_thread(receive, receipt, services=services)
        return "found"
    if row.misses + 1 < MISSES:
        return await asyncio.to_thread(_wait, row, row.misses + 1, services)
    return await asyncio.to_thread(_decide, row, services)


async def _ask(channel: Traceable, row: AnyRow, notice: NoticeInHand) -> Receipt | None:
    copied = {name: getattr(row, name) for name in Claimed._fields}
    message = notice.outgoing(Claimed(**copied))
    return await channel.find(
        delivery=message.delivery,
        attempt=message.attempt,
        to=message.address,
        text=message.texts["sms"],
        since=row.since,
    )


def _wait(row: AnyRow, misses: int, services: Services) -> str:
    with services.database.write() as connection:
        due_at = database_now(connection) + timedelta(seconds=ASK_EVERY_S)
        ask_again(connection, delivery_id=row.id, misses=misses, due_at=due_at)
    return "open"


def _decide(row: AnyRow, services: Services) -> str:
    """The provider does not know it: send it again, or leave it to a person."""
    with services.database.write() as connection:
        if row.hold_doubtful:
            ask_again(connection, delivery_id=row.id, misses=row.misses + 1, due_at=None)
            return "open"
        now = database_now(connection)
        send_again(connection, delivery_id=row.id, fence=row.fence, now=now)
    return "resent"
