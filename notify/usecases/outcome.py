"""One attempt at one message, and what follows from each way it can end."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from notify.domain.attempt import CREDENTIALS_WAIT_S, SETTLE_S, may_still_call, retry_wait
from notify.domain.delivery import Channel as ChannelName
from notify.domain.delivery import DeliveryStatus
from notify.logs import logger
from notify.ports import Channel, ChannelError, Rejected, Throttled, Unavailable, Uncertain
from notify.store.claims import Claimed
from notify.store.outcomes import Outcome, record
from notify.store.suppressions import forget_token, suppress
from notify.usecases.message import NoticeInHand

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an attempt ended, with what has to be done about the address."""

    outcome: Outcome
    opted_out: str | None = None
    dead: str | None = None


async def attempt(
    channel: Channel, notice: NoticeInHand, row: Claimed, *, lease_left: float, now: datetime
) -> Attempted:
    """Send the message of ``row`` once, and return how it ended; never raises."""
    if not may_still_call(lease_left):
        return _ended(row, DeliveryStatus.PLANNED, "lease_short", due_at=now, counted=False)
    try:
        message = notice.outgoing(row)
    except Exception as error:  # noqa: BLE001 - one bad row must not stop the other thousands
        _broke("delivery.unrenderable", row, error)
        return _ended(row, DeliveryStatus.FAILED, "unrenderable")
    try:
        accepted = await channel.send(message)
    except ChannelError as error:
        return _after(error, row, now)
    except Exception as error:  # noqa: BLE001 - a channel's bug: the message may have left
        _broke("channel.broke", row, error)
        return _after(Uncertain("channel_error"), row, now)
    taken = DeliveryStatus.ACCEPTED
    return Attempted(Outcome(row.id, row.fence, taken, provider_id=accepted.provider_id))


def _broke(event: str, row: Claimed, error: Exception) -> None:
    """Log where it broke, without the error's text: that may hold an address."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    log.error(event, delivery=row.id, error=type(error).__name__, where=where)


def _after(error: ChannelError, row: Claimed, now: datetime) -> Attempted:
    match error:
        case Rejected():
            return Attempted(
                Outcome(row.id, row.fence, DeliveryStatus.FAILED, error_code=error.code),
                opted_out=row.address if error.opted_out else None,
                dead=row.address if error.address_dead else None,
            )
        case Throttled():
            due = now + timedelta(seconds=error.retry_after)
            return _ended(row, DeliveryStatus.PLANNED, error.code, due_at=due, counted=False)
        case Unavailable():
            wait = CREDENTIALS_WAIT_S if error.credentials else retry_wait(row.attempt)
            due = now + timedelta(seconds=wait)
            return _ended(row, DeliveryStatus.PLANNED, error.code, due_at=due)
        case _:
            due = now + timedelta(seconds=SETTLE_S)
            return _ended(row, DeliveryStatus.AMBIGUOUS, error.code, due_at=due, since=now)


def _ended(
    row: Claimed,
    status: DeliveryStatus,
    code: str | None,
    *,
    due_at: datetime | None = None,
    since: datetime | None = None,
    counted: bool = True,
) -> Attempted:
    outcome = Outcome(row.id, row.fence, status, None, code, due_at, since, counted)
    return Attempted(outcome)


def write_down(
    connection: Connection, channel: ChannelName, ended: Sequence[Attempted], *, at: datetime
) -> None:
    """Record the outcomes and what must be come back to, and remember dead addresses."""
    record(connection, [attempted.outcome for attempted in ended], at=at)
    for attempted in ended:
        if attempted.opted_out:
            suppress(
                connection, channel=channel, address=attempted.opted_out, reason="opted_out", at=at
            )
        if attempted.dead and channel is ChannelName.PUSH:
            forget_token(connection, token=attempted.dead)
