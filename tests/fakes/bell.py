"""A bell without Redis: it remembers who rang, and lets a test announce by hand."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence

from notify.domain.delivery import Channel


class FakeBell:
    """``rung`` are the channels rung for, ``announced`` the topics told to open pages."""

    def __init__(self) -> None:
        self.rung: list[Channel] = []
        self.announced: list[str] = []
        self._heard: queue.Queue[str] = queue.Queue()

    def ring(self, channels: Sequence[Channel]) -> bool:
        """Remember."""
        self.rung += channels
        return True

    def announce(self, topic: str) -> None:
        """Remember, and tell ``announcements``."""
        self.announced.append(topic)
        self._heard.put(topic)

    def announcements(self, *, timeout: float) -> Iterator[str | None]:
        """Yield each topic announced, and ``None`` whenever ``timeout`` seconds brought none."""
        while True:
            try:
                yield self._heard.get(timeout=timeout)
            except queue.Empty:
                yield None
