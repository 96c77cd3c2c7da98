"""Deliver: claim what is due on one channel, send it concurrently, record what became of it.

The loop keeps a window of messages in hand. Whenever half of it is free, one short transaction
records everything that finished and claims as much again: what is about to leave is ``sending`` in
the database, no more than a window of it, and nothing leaves before that is committed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import uvloop
from sqlalchemy.exc import OperationalError

from notify.domain.attempt import LEASE_S
from notify.domain.delivery import Channel as ChannelName
from notify.logs import logger
from notify.ports import Accepted, Channel, Outgoing, Unavailable
from notify.store.claims import Claim, Claimed, Lease, claim
from notify.store.engine import Conflict
from notify.store.leases import close_claims
from notify.usecases.message import Messages, NoticeInHand
from notify.usecases.outcome import Attempted, attempt, write_down
from notify.usecases.reconcile import reconcile
from notify.usecases.services import Services

log = logger(__name__)

FLUSH_S = 0.1
"""How long a finished message may wait to be recorded: what the live page lags behind at most."""


WINDOW = 256
"""Rows in hand at most: what may be in doubt after a crash. Smaller costs commits, larger doubt."""


RECONCILE_S = 2.0
"""How often a worker that is sending looks for deliveries in doubt."""

_DATABASE_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries while the database is away: a restart is over by then; after that the
lease is too, and the rows in hand are somebody else's to look after."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one drain of a channel did; ``more`` says that its time was up before the work was."""

    claimed: int
    more: bool


def deliver(channel: ChannelName, *, budget_s: float, services: Services) -> Delivered:
    """Send what is due on ``channel`` until nothing is, or for ``budget_s`` seconds."""
    return uvloop.run(_Drain(channel, services).run(budget_s))


class _Off:
    """Stands in for a channel that this process cannot open: nothing leaves, everything waits."""

    concurrency = WINDOW

    def __init__(self, name: ChannelName) -> None:
        self.name = name

    async def send(self, message: Outgoing) -> Accepted:
        """Refuse ``message``, as certainly not sent."""
        raise Unavailable("channel_off", credentials=True)

    async def close(self) -> None:
        """Do nothing: nothing was opened."""


class _Drain:
    def __init__(self, channel: ChannelName, services: Services) -> None:
        self._channel = channel
        self._services = services
        self._messages = Messages(services)
        self._open: dict[bool, tuple[Channel, asyncio.Semaphore]] = {}
        self._finished: list[tuple[int, Attempted]] = []
        self._in_hand: Counter[int] = Counter()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._claimed = 0
        self._look_again = 0.0

    async def run(self, budget_s: float) -> Delivered:
        loop = asyncio.get_running_loop()
        end = loop.time() + budget_s
        try:
            while loop.time() < end:
                await self._look_into_doubts(loop.time())
                if not await self._cycle() and not self._in_flight and not self._finished:
                    return Delivered(self._claimed, more=False)
                await self._room()
            while self._in_flight or self._finished:
                await asyncio.gather(*self._in_flight)
                await self._recorded_and_claimed(0)
            return Delivered(self._claimed, more=True)
        finally:
            for channel, _places in self._open.values():
                await channel.close()

    async def _look_into_doubts(self, now: float) -> None:
        if now < self._look_again:
            return
        self._look_again = now + RECONCILE_S
        await reconcile(
            self._channel,
            lambda: self._opened(drill=False)[0],
            messages=self._messages,
            services=self._services,
        )

    def _opened(self, *, drill: bool) -> tuple[Channel, asyncio.Semaphore]:
        if drill not in self._open:
            channel = self._open_or_off(drill)
            self._open[drill] = channel, asyncio.Semaphore(channel.concurrency)
        return self._open[drill]

    def _open_or_off(self, drill: bool) -> Channel:
        try:
            return self._services.open_channel(self._channel, drill)
        except ValueError as error:
            # The rows are claimed already: they go back as certainly not sent.
            log.warning("channel.off", channel=self._channel, reason=str(error))
            return _Off(self._channel)

    async def _cycle(self) -> bool:
        """Record, claim and start sending; return whether anything was claimed."""
        self._wake.clear()
        room = WINDOW - len(self._in_flight)
        began = asyncio.get_running_loop().time()
        taken = await self._recorded_and_claimed(room)
        if taken is None:
            return False
        claimed, notice = taken
        lease_ends = began + LEASE_S
        opened = self._opened(drill=notice.drill)
        for row in claimed.rows:
            task = asyncio.create_task(self._send(opened, notice, (claimed.id, row), lease_ends))
            self._in_flight.add(task)
            task.add_done_callback(self._landed)
        self._in_hand[claimed.id] = len(claimed.rows)
        self._claimed += len(claimed.rows)
        return True

    async def _recorded_and_claimed(self, room: int) -> tuple[Claim, NoticeInHand] | None:
        """Record and claim; while the database is away, wait, and forget nothing that was sent."""
        for wait in _DATABASE_WAITS:
            finished, self._finished = self._finished, []
            try:
                return await asyncio.to_thread(self._record_and_claim, finished, room)
            except (OperationalError, Conflict) as error:
                # Recording twice is harmless: a row that is recorded is not `sending` any more.
                self._finished = finished + self._finished
                log.warning("database.away", error=type(error).__name__, wait=wait)
                await asyncio.sleep(wait)
        finished, self._finished = self._finished, []
        return await asyncio.to_thread(self._record_and_claim, finished, room)

    def _record_and_claim(
        self, finished: list[tuple[int, Attempted]], room: int
    ) -> tuple[Claim, NoticeInHand] | None:
        """One transaction, on a thread: the event loop goes on sending meanwhile."""
        lease = Lease(self._services.worker_name, LEASE_S)
        left = self._in_hand - Counter(claim_id for claim_id, _attempted in finished)
        ended = [attempted for _claim_id, attempted in finished]
        with self._services.database.write() as connection:
            write_down(connection, self._channel, ended, at=self._services.now())
            close_claims(connection, [number for number in self._in_hand if not left[number]])
            taken = room and claim(connection, channel=self._channel, limit=room, lease=lease)
            notice = taken and self._messages.notice(connection, taken.notice_id, self._channel)
        self._in_hand = left
        return (taken, notice) if taken and notice else None

    async def _send(
        self,
        opened: tuple[Channel, asyncio.Semaphore],
        notice: NoticeInHand,
        in_hand: tuple[int, Claimed],
        lease_ends: float,
    ) -> None:
        channel, places = opened
        claim_id, row = in_hand
        async with places:
            lease_left = lease_ends - asyncio.get_running_loop().time()
            now = self._services.now()
            attempted = await attempt(channel, notice, row, lease_left=lease_left, now=now)
        # Not in one line with the await: the list may be another one by then.
        self._finished.append((claim_id, attempted))

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if len(self._in_flight) <= WINDOW // 2:
            self._wake.set()

    async def _room(self) -> None:
        """Wait until half of the places are free, or a finished message waited long enough."""
        if self._in_flight:
            try:
                await asyncio.wait_for(self._wake.wait(), FLUSH_S)
            except TimeoutError:
                return
