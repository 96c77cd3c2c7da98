"""Dying in mid-trigger, at any statement, leaves everything written or nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from tests.usecases.written import family, sizes

WRITTEN = ("incident", "revision", "shown", "notice", "recipient", "lane", "delivery")
"""Tables that a trigger writes, beside shared deliveries and the audit log."""


class Failing:
    """Makes the nth statement of a database's connections fail; counts them all."""

    def __init__(self, scene, nth):
        self._nth, self.count = nth, 0
        self._engine = scene.database.engine

    def __enter__(self):
        event.listen(self._engine, "before_cursor_execute", self._execute)
        return self

    def __exit__(self, *_):
        event.remove(self._engine, "before_cursor_execute", self._execute)

    def _execute(self, _connection, _cursor, _statement, _parameters, _context, _many):
        self.count += 1
        if self.count == self._nth:
            raise KeyboardInterrupt  # what no `except Exception` can swallow


def test_dying_at_any_statement_writes_all_or_nothing(scene):
    family(scene)
    before = sizes(scene)
    with Failing(scene, 0) as whole:
        scene.trigger(drill=True)
    after = sizes(scene)
    added = {name: count - before.get(name, 0) for name, count in after.items()}

    for nth in range(1, whole.count + 1):
        standing = sizes(scene)
        with Failing(scene, nth), pytest.raises(KeyboardInterrupt):
            scene.trigger(race_id="lake-2026")
        now = sizes(scene)
        grown = {name: count - standing.get(name, 0) for name, count in now.items()}
        assert set(grown.values()) == {0} or grown == added, f"half written at statement {nth}"
        if set(grown.values()) != {0}:
            break
    # Only what follows the commit may fail with everything written: publishing.
    assert nth > whole.count - 6
    assert nth > len(WRITTEN)
