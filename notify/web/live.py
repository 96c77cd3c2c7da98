"""Telling open pages at once: one watcher per process, and as many listeners as there are pages.

The watcher waits for the bell's announcement, and looks at the database every second in any case,
so that a lost announcement, or no Redis at all, costs a second and nothing else. An event carries
the whole of what is shown, so a listener that is too slow may miss all but the newest.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from notify.logs import logger

log = logger(__name__)

POLL_S = 1.0
"""How often the database is looked at when nothing is announced."""

HEARTBEAT_S = 15.0
"""How often a silent stream says that it is alive, before a proxy takes it for dead."""

RETRY_MS = 2000
"""How long a page waits before it opens a lost stream again."""

MAX_LISTENERS = 192
"""How many pages may listen at once in one process; the others look every few seconds instead.

Each holds a thread of the server: without a limit, open pages of strangers would leave none for the
organiser's form and the providers' receipts."""

WAITING_EVENTS = 4
"""How many events may wait for a listener; the oldest gives way."""

NOTHING_ACTIVE = "none"
"""The version when no incident is active: an empty ``id:`` makes a browser forget its place."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is shown now: its version, and the JSON text without and with drills."""

    version: str
    real: str
    with_drills: str

    def as_text(self, *, drills: bool) -> str:
        """Return this event as it goes over the wire."""
        data = self.with_drills if drills else self.real
        return f"id: {self.version}\nevent: incidents\ndata: {data}\n\n"


@runtime_checkable
class Announcing(Protocol):
    """A bell that can be listened to."""

    def announcements(self, *, timeout: float) -> Generator[str | None]:
        """Yield each topic announced, and ``None`` whenever ``timeout`` seconds brought none."""
        ...


Slot = queue.Queue[Event | None]


class Live:
    """Fans out what is shown to every open page of this process.

    ``version`` is asked often and must be cheap; ``look`` makes the event of a version. Both, and
    the bell, may raise: then the pages keep what they have. The watcher starts with the first
    listener, in the process that serves it.
    """

    def __init__(
        self,
        *,
        version: Callable[[], str],
        look: Callable[[str], Event],
        bell: Announcing | None = None,
        heartbeat_s: float = HEARTBEAT_S,
        poll_s: float = POLL_S,
    ) -> None:
        self._version = version
        self._look = look
        self._bell = bell
        self._heartbeat_s = heartbeat_s
        self._poll_s = poll_s
        self._lock = threading.Lock()
        self._slots: set[Slot] = set()
        self._current: Event | None = None
        self._watcher: threading.Thread | None = None
        self._closed = threading.Event()
        self._troubled = False

    @property
    def listeners(self) -> int:
        """How many pages are listening in this process."""
        with self._lock:
            return len(self._slots)

    def stream(self, last_seen: str | None, *, drills: bool) -> Iterator[str]:
        """Yield server-sent events until the reader goes away.

        A reader who has ``last_seen`` the present version is told nothing until it changes.
        """
        with self._listening() as slot:
            yield f"retry: {RETRY_MS}\n\n"
            while True:
                try:
                    event = slot.get(timeout=self._heartbeat_s)
                except queue.Empty:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                if event.version != last_seen:
                    last_seen = event.version
                    yield event.as_text(drills=drills)

    def close(self) -> None:
        """End every stream and the watcher."""
        self._closed.set()
        with self._lock:
            for slot in self._slots:
                _put(slot, None)
            watcher = self._watcher
        if watcher is not None:
            watcher.join(timeout=2 * self._poll_s)

    @contextmanager
    def _listening(self) -> Iterator[Slot]:
        slot: Slot = queue.Queue(maxsize=WAITING_EVENTS)
        with self._lock:
            self._slots.add(slot)
            if self._closed.is_set():
                _put(slot, None)
            elif self._current is not None:
                _put(slot, self._current)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="live", daemon=True)
                self._watcher.start()
        try:
            yield slot
        finally:
            with self._lock:
                self._slots.discard(slot)

    def _watch(self) -> None:
        while not self._closed.is_set():
            self._refresh()
            try:
                self._listen()
            except Exception:  # noqa: BLE001 - without the bell the database is looked at every second
                self._closed.wait(self._poll_s)

    def _listen(self) -> None:
        if self._bell is None:
            self._closed.wait(self._poll_s)
            return
        with closing(self._bell.announcements(timeout=self._poll_s)) as topics:
            for _topic in topics:
                if self._closed.is_set():
                    return
                self._refresh()

    def _refresh(self) -> None:
        """Look once; a database that is away is said once, not every second."""
        try:
            version = self._version() or NOTHING_ACTIVE
            if self._current is None or self._current.version != version:
                self._tell(self._look(version))
        except Exception as error:  # noqa: BLE001 - the pages must come back when the database does
            if not self._troubled:
                log.warning("live.cannot_look", error=type(error).__name__)
            self._troubled = True
        else:
            self._troubled = False

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._current = event
            for slot in self._slots:
                _put(slot, event)


def _put(slot: Slot, event: Event | None) -> None:
    """Put ``event`` in; when the slot is full, the oldest gives way."""
    while True:
        try:
            slot.put_nowait(event)
        except queue.Full:
            try:
                slot.get_nowait()
            except queue.Empty:
                continue
        else:
            return
