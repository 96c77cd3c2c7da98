"""The acceptance log: one JSON line per accepted message, the oracle of every fault campaign.

With a path, a line is on disk (written and fsynced) before anybody is answered; one fsync serves
all messages that arrived in the same turn of the event loop. Without a path the lines go to an
unnamed temporary file. Either way memory holds only where each line begins and how long it is.
"""

from __future__ import annotations

import logging
import os
import tempfile
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

from notify.simulator.faults import CHANNELS

logger = logging.getLogger(__name__)
Done = Callable[[], object]  # runs when an acceptance may be answered
WRITE_AT = 1 << 18  # bytes kept in memory before a log that nobody waits for is written


class AcceptanceLog:
    """Append lines, count them and read them back; positions count from 0 per channel.

    `call_soon` runs a function in the next turn of the loop. `broken` is told when the disk fails;
    from then on nobody is answered: an acceptance that cannot be proved must not be claimed.
    """

    def __init__(
        self,
        path: Path | None,
        call_soon: Callable[[Callable[[], None]], object],
        broken: Callable[[OSError], None],
    ) -> None:
        self._durable = path is not None
        self._call_soon = call_soon
        self._broken = broken
        self._buffer: list[bytes] = []
        self._buffered = 0  # bytes
        self._waiting: list[Done] = []
        self._commit_planned = False
        self._fd = _opened(path)
        self._end = os.lseek(self._fd, 0, os.SEEK_END)
        self.clear()

    def clear(self) -> None:
        """Forget what was accepted; a log file keeps its lines, it is never shortened."""
        self._starts = {channel: array("Q") for channel in CHANNELS}
        self._sizes = {channel: array("I") for channel in CHANNELS}

    def append(self, channel: str, line: bytes, done: Done) -> None:
        """Record one acceptance and call `done` when it may be answered."""
        self._starts[channel].append(self._end)
        self._sizes[channel].append(len(line))
        self._buffer += (line, b"\n")
        self._buffered += len(line) + 1
        self._end += len(line) + 1
        if not self._durable:
            if self._buffered >= WRITE_AT:
                self._write()
            done()
            return
        self._waiting.append(done)
        if not self._commit_planned:
            self._commit_planned = True
            self._call_soon(self._commit)

    def counts(self) -> dict[str, int]:
        """Return how many messages each channel accepted."""
        return {channel: len(starts) for channel, starts in self._starts.items()}

    def read(self, channel: str, position: int) -> bytes:
        """Return one line without its newline."""
        if self._buffer:
            self._write()
        return os.pread(self._fd, self._sizes[channel][position], self._starts[channel][position])

    def lines(self, channel: str, start: int = 0, limit: int | None = None) -> Iterator[bytes]:
        """Yield the lines that are there now, from a position on."""
        stop = len(self._starts[channel])
        if limit is not None:
            stop = min(stop, start + limit)
        for position in range(start, stop):
            if position >= len(self._starts[channel]):
                return  # cleared while being read
            yield self.read(channel, position)

    def close(self) -> None:
        """Write what is left and close the file."""
        if self._fd < 0:
            return
        if self._durable:
            self._commit()
        os.close(self._fd)
        self._fd = -1

    def _write(self) -> None:
        view = memoryview(b"".join(self._buffer))
        self._buffer.clear()
        self._buffered = 0
        while view:
            view = view[os.write(self._fd, view) :]

    def _commit(self) -> None:
        self._commit_planned = False
        waiting, self._waiting = self._waiting, []
        try:
            self._write()
            os.fsync(self._fd)
        except OSError as error:
            logger.error("simulator.log_broken error=%s", error.strerror)  # noqa: TRY400
            self._broken(error)
            return
        for done in waiting:
            done()


def _opened(path: Path | None) -> int:
    """Open the log for appending, or an unnamed file that disappears with its descriptor."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with tempfile.TemporaryFile() as unnamed:
        return os.dup(unnamed.fileno())
