"""The drill's transport: it accepts everything and cannot reach anybody."""

from __future__ import annotations

from notify.domain.delivery import Channel as ChannelName
from notify.ports import Accepted, Outgoing


class Sealed:
    """A channel that keeps nothing but a count, holds no credentials and opens no connection."""

    concurrency = 256

    def __init__(self, name: ChannelName) -> None:
        self.name = name
        self.count = 0

    async def send(self, message: Outgoing) -> Accepted:
        """Count ``message`` and forget it."""
        self.count += 1
        return Accepted(provider_id=f"drill-{message.delivery}-{message.attempt}")

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
