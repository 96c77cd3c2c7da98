"""A channel without a network: it remembers what it was given and answers as it is told to."""

from __future__ import annotations

import asyncio
from collections import deque

from notify.domain.delivery import Channel as ChannelName
from notify.ports import Accepted, ChannelError, Outgoing


class FakeChannel:
    """Accepts everything but what ``answers`` holds; an error there is raised, in order.

    ``taken`` are all messages that ``send`` was called with, ``accepted`` those taken for delivery.
    """

    def __init__(self, name: ChannelName, *, concurrency: int = 16) -> None:
        self.name = name
        self.concurrency = concurrency
        self.answers: deque[ChannelError | None] = deque()
        self.taken: list[Outgoing] = []
        self.accepted: list[Outgoing] = []
        self.closed = 0

    async def send(self, message: Outgoing) -> Accepted:
        """Answer with the next of ``answers``, at best with an acceptance."""
        self.taken.append(message)
        await asyncio.sleep(0)  # as every real channel, it lets others run
        answer = self.answers.popleft() if self.answers else None
        if answer is not None:
            raise answer
        self.accepted.append(message)
        return Accepted(provider_id=f"fake-{message.delivery}-{message.attempt}")

    async def close(self) -> None:
        """Count."""
        self.closed += 1
