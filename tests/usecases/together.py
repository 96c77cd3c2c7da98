"""Doing things at the same time, without a test depending on how long anything takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import text

from notify.store.engine import Database

T = TypeVar("T")
PATIENCE_S = 60.0


class InThread(Generic[T]):
    """Runs ``deed`` in a thread at once; ``result`` waits for it and raises what it raised."""

    def __init__(self, deed: Callable[[], T]) -> None:
        self._deed = deed
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._deed()
        except BaseException as error:  # noqa: BLE001 - given back by result()
            self._error = error

    def result(self) -> T | None:
        """Return what the deed returned."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "it never ended"
        if self._error is not None:
            raise self._error
        return self._result


def all_at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every deed in a thread of its own, started together; return results or exceptions."""
    start = threading.Barrier(len(deeds))

    def together(deed: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_S)
        try:
            return deed()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error

    threads = [InThread(lambda deed=deed: together(deed)) for deed in deeds]  # type: ignore[misc]
    return [thread.result() for thread in threads]


def wait_for_waiters(database: Database, number: int = 1) -> None:
    """Wait until ``number`` sessions of this PostgreSQL database wait for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with database.read() as connection:
            if connection.execute(query).scalar_one() >= number:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")
