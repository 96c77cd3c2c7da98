"""Deliver: claim what is due on one channel, send it concurrently, record what became of it.

The loop keeps ``concurrency`` messages in flight. Whenever half of that is free, one short
transaction records everything that finished and claims as much again: exactly the messages about
to leave are ``sending`` in the database, no more, and none leaves before that is committed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import uvloop

from notify.domain.attempt import LEASE_S
from notify.domain.delivery import Channel as ChannelName
from notify.logs import logger
from notify.ports import Channel
from notify.store.lanes import Claim, Claimed, Lease, claim
from notify.usecases.message import Messages, NoticeInHand
from notify.usecases.outcome import Attempted, attempt, write_down
from notify.usecases.services import Services

log = logger(__name__)

FLUSH_S = 0.1
"""How long a finished message may wait to be recorded: what the live page lags behind at most."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one drain of a channel did; ``more`` says that its time was up before the work was."""

    claimed: int
    more: bool


def deliver(channel: ChannelName, *, budget_s: float, services: Services) -> Delivered:
    """Send what is due on ``channel`` until nothing is, or for ``budget_s`` seconds."""
    return uvloop.run(_Drain(channel, services).run(budget_s))


class _Drain:
    def __init__(self, channel: ChannelName, services: Services) -> None:
        self._channel = channel
        self._services = services
        self._messages = Messages(services)
        self._open: dict[bool, Channel] = {}
        self._finished: list[Attempted] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._size = 1
        self._claimed = 0

    async def run(self, budget_s: float) -> Delivered:
        loop = asyncio.get_running_loop()
        end = loop.time() + budget_s
        self._size = self._opened(drill=False).concurrency if self._has_live() else 64
        try:
            while loop.time() < end:
                if not await self._cycle() and not self._in_flight and not self._finished:
                    return Delivered(self._claimed, more=False)
                await self._room()
            while self._in_flight or self._finished:
                await asyncio.gather(*self._in_flight)
                await asyncio.to_thread(self._record_and_claim, 0)
            return Delivered(self._claimed, more=True)
        finally:
            for channel in self._open.values():
                await channel.close()

    def _has_live(self) -> bool:
        return self._services.channels[self._channel].on

    def _opened(self, *, drill: bool) -> Channel:
        if drill not in self._open:
            self._open[drill] = self._services.open_channel(self._channel, drill)
        return self._open[drill]

    async def _cycle(self) -> bool:
        """Record, claim and start sending; return whether anything was claimed."""
        self._wake.clear()
        room = self._size - len(self._in_flight)
        began = asyncio.get_running_loop().time()
        taken = await asyncio.to_thread(self._record_and_claim, room)
        if taken is None:
            return False
        claimed, notice = taken
        lease_ends = began + LEASE_S
        channel = self._opened(drill=notice.drill)
        for row in claimed.rows:
            task = asyncio.create_task(self._send(channel, notice, row, lease_ends))
            self._in_flight.add(task)
            task.add_done_callback(self._landed)
        self._claimed += len(claimed.rows)
        return True

    def _record_and_claim(self, room: int) -> tuple[Claim, NoticeInHand] | None:
        """One transaction on a thread of its own; the event loop goes on sending meanwhile."""
        finished, self._finished = self._finished, []
        lease = Lease(self._services.worker_name, LEASE_S)
        try:
            with self._services.database.write() as connection:
                write_down(connection, self._channel, finished, at=self._services.now())
                taken = (
                    claim(connection, channel=self._channel, limit=room, lease=lease)
                    if room
                    else None
                )
                notice = (
                    None
                    if taken is None
                    else self._messages.notice(connection, taken, self._channel)
                )
        except BaseException:
            # What was sent must not be forgotten because the database was away for a moment.
            self._finished = finished + self._finished
            raise
        return None if taken is None or notice is None else (taken, notice)

    async def _send(
        self, channel: Channel, notice: NoticeInHand, row: Claimed, lease_ends: float
    ) -> None:
        lease_left = lease_ends - asyncio.get_running_loop().time()
        now = self._services.now()
        self._finished.append(await attempt(channel, notice, row, lease_left=lease_left, now=now))

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if len(self._in_flight) <= self._size // 2:
            self._wake.set()

    async def _room(self) -> None:
        """Wait until half of the places are free, or a finished message waited long enough."""
        if self._in_flight:
            try:
                await asyncio.wait_for(self._wake.wait(), FLUSH_S)
            except TimeoutError:
                return
