"""A bell without Redis: it remembers who rang, and lets a test announce by hand."""

from __future__ import annotations

import queue
from collections.abc import Sequence

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
        """Remember, and let ``wait`` return."""
        self.announced.append(topic)
        self._heard.put(topic)

    def wait(self, timeout: float) -> bool:
        """Return whether something is announced within ``timeout`` seconds."""
        try:
            self._heard.get(timeout=timeout)
        except queue.Empty:
            return False
        return True
