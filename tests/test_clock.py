"""The clock: it beats, it sweeps on time, and it survives a database that is away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from notify.clock import Clock
from notify.domain.delivery import Channel, DeliveryStatus
from notify.usecases.heartbeat import DEAD_AFTER, beat, last_beat
from tests.usecases.scene import Scene, register, runners, set_scene
from tests.usecases.small_playbook import write_small_playbook


@pytest.fixture
def scene(migrated_url, tmp_path) -> Iterator[Scene]:
    yield from set_scene(migrated_url, tmp_path, write_small_playbook(tmp_path / "small"))


def test_a_process_that_beats_is_heard_of(scene):
    silent = last_beat("clock", services=scene.services)
    beat("clock", services=scene.services)
    first = last_beat("clock", services=scene.services)
    scene.clock.advance(seconds=7)
    beat("clock", services=scene.services)

    assert silent is None
    assert scene.clock.now == last_beat("clock", services=scene.services)
    assert first is not None
    assert first < scene.clock.now
    assert last_beat("web", services=scene.services) is None
    assert 0 < DEAD_AFTER.total_seconds() <= 30


def test_the_clock_rings_for_what_is_due_until_it_is_told_to_stop(scene, monkeypatch):
    register(scene.database, *runners(1))
    scene.trigger()
    scene.bell.rung.clear()
    rung = threading.Event()
    ring = scene.bell.ring

    def ring_and_stop(channels):
        rung.set()
        # As an operator would, from outside the clock's own threads.
        threading.Thread(target=signal.raise_signal, args=(signal.SIGTERM,)).start()
        return ring(channels)

    monkeypatch.setattr(scene.bell, "ring", ring_and_stop)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        Clock(scene.services).run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert rung.is_set()
    assert Channel.SMS in scene.bell.rung
    assert [DeliveryStatus.PLANNED] == scene.statuses()
    assert last_beat("clock", services=scene.services) is not None


def test_a_sweep_or_beat_without_a_database_is_said_and_survived(scene):
    clock = Clock(scene.services)
    with scene.database.write() as connection:
        for table in ("heartbeat", "notice"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))

    clock._sweep()
    clock._beat()

    with scene.database.write() as connection:
        for table in ("heartbeat", "notice"):
            connection.execute(text(f"ALTER TABLE {table}_away RENAME TO {table}"))
    clock._sweep()
    clock._beat()
    assert last_beat("clock", services=scene.services) is not None
