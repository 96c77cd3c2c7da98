"""What a run cost: processor time by part, and the peak memory of every worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import psutil

MEMORY_EVERY_S = 0.2
"""How often memory is looked at: often enough for processes that live for seconds."""

MIB = 1024 * 1024


class Meter:
    """Measures while it is entered.

    ``parts`` names the processes whose processor time counts, ``memory`` those whose peak does; a
    process stands for itself and all its descendants, living or waited for.
    """

    def __init__(self, parts: Mapping[str, Sequence[int]], memory: Mapping[str, int]) -> None:
        self._parts = parts
        self._memory = memory
        self._before: dict[str, float] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watch_memory, name="memory", daemon=True)
        self.cpu_s: dict[str, float] = {}
        self.peak_mib: dict[str, float] = dict.fromkeys(memory, 0.0)

    def __enter__(self) -> Self:
        self._before = self._used()
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        used = self._used()
        self.cpu_s = {name: used[name] - self._before[name] for name in used}
        self._over.set()
        self._watch.join()

    def cpu_ms_per(self, messages: int) -> dict[str, float]:
        """Return milliseconds of processor time per message, by part."""
        return {name: round(spent * 1000 / messages, 4) for name, spent in self.cpu_s.items()}

    def _used(self) -> dict[str, float]:
        return {name: sum(map(cpu_seconds, pids)) for name, pids in self._parts.items()}

    def _watch_memory(self) -> None:
        while True:
            for name, pid in self._memory.items():
                peak = max(self.peak_mib[name], resident_mib(pid))
                self.peak_mib[name] = round(peak, 1)
            if self._over.wait(MEMORY_EVERY_S):
                return


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of a process and its descendants, also of those that ended.

    macOS does not count children that have ended.
    """
    total = 0.0
    for process in _tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process and its descendants.

    Pages that a forked child shares with its parent count twice: this is never too little.
    """
    total = 0
    for process in _tree(pid):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / MIB


def _tree(pid: int) -> Iterator[psutil.Process]:
    try:
        root = psutil.Process(pid)
        yield root
        yield from root.children(recursive=True)
    except psutil.NoSuchProcess:
        return
