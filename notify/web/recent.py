"""Answers that may be a moment old: many pages ask the same, the database is asked once.

How long an answer is kept grows with what it cost, so that looking never takes more than a fifth of
a processor, however many look on and however large the race is.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

KEEP_S = 0.8
"""Shorter than the second after which a page looks again."""

COST_FACTOR = 4.0
_MAX_KEYS = 64


@dataclass
class _Place(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    until: float = float("-inf")
    answer: T | None = None


class Recent(Generic[T]):
    """Remembers ``look(key)`` for a moment; one thread looks, the others wait for its answer."""

    def __init__(
        self, look: Callable[[str], T], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._places: OrderedDict[str, _Place[T]] = OrderedDict()

    def get(self, key: str) -> T:
        """Return an answer that is at most a moment old; raises what ``look`` raises."""
        place = self._place(key)
        with place.lock:
            began = self._clock()
            if place.answer is not None and began < place.until:
                return place.answer
            answer = self._look(key)
            ended = self._clock()
            place.until = ended + max(KEEP_S, COST_FACTOR * (ended - began))
            place.answer = answer
            return answer

    def forget(self, key: str) -> None:
        """Make the next ``get`` look."""
        with self._lock:
            self._places.pop(key, None)

    def _place(self, key: str) -> _Place[T]:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            if len(self._places) > _MAX_KEYS:
                self._places.popitem(last=False)
            return place
