"""The watcher: told at once or a second later, resumed where it was left, bounded, unkillable."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from notify.queueing.bell import RqBell
from notify.web.live import WAITING_EVENTS, Event, Live
from tests.fakes.bell import FakeBell


class Truth:
    """What the database would say; ``gone`` makes it unreachable."""

    def __init__(self) -> None:
        self.version = "a.1"
        self.gone = False
        self.asked = threading.Semaphore(0)

    def now(self) -> str:
        self.asked.release()
        if self.gone:
            raise ConnectionError("the database is away")
        return self.version


class DeadBell:
    """A bell whose Redis is away."""

    def announcements(self, *, timeout: float) -> Iterator[str | None]:
        if timeout > 0:
            raise ConnectionError("Redis is away")
        yield None


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
def bell() -> FakeBell:
    return FakeBell()


@pytest.fixture
def live(truth, bell) -> Iterator[Live]:
    live = _live(truth, bell, poll_s=0.05)
    yield live
    live.close()


def _live(truth: Truth, bell, **options) -> Live:
    look = lambda version: Event(version, f'"real {version}"', f'"all {version}"')  # noqa: E731
    return Live(version=truth.now, look=look, bell=bell, **options)


def _next_id(stream: Iterator[str]) -> str:
    """Return the id of the next event, passing over everything else."""
    for text in stream:
        for line in text.splitlines():
            if line.startswith("id: "):
                return line.removeprefix("id: ")
    return "the stream ended"


def test_a_new_listener_is_told_how_to_come_back_and_what_is_shown(live):
    stream = live.stream(None, drills=True)

    assert next(stream) == "retry: 2000\n\n"
    assert next(stream) == 'id: a.1\nevent: incidents\ndata: "all a.1"\n\n'


def test_drills_are_only_told_to_who_wants_them(live):
    stream = live.stream(None, drills=False)
    next(stream)

    assert 'data: "real a.1"' in next(stream)


def test_a_change_reaches_every_listener(live, truth, bell):
    streams = [live.stream(None, drills=True) for _ in range(5)]
    assert ["a.1"] * 5 == [_next_id(stream) for stream in streams]

    truth.version = "a.2"
    bell.announce("incidents")

    assert ["a.2"] * 5 == [_next_id(stream) for stream in streams]


def test_who_comes_back_with_the_present_version_hears_only_of_the_next(live, truth, bell):
    first = live.stream(None, drills=True)
    _next_id(first)
    back = live.stream("a.1", drills=True)
    next(back)

    truth.version = "a.2"
    bell.announce("incidents")

    assert "a.2" == _next_id(back)


def test_who_comes_back_with_an_old_version_hears_the_present_one(live):
    assert "a.1" == _next_id(live.stream("a.0", drills=True))


def test_nothing_active_is_a_version_too(live, truth):
    truth.version = ""

    assert "none" == _next_id(live.stream(None, drills=True))


def test_a_lost_announcement_costs_one_look_at_most(truth):
    live = _live(truth, None, poll_s=0.05)
    stream = live.stream(None, drills=True)
    _next_id(stream)

    truth.version = "a.2"

    assert "a.2" == _next_id(stream)
    live.close()


def test_an_announcement_over_a_real_redis_is_heard_at_once(truth, redis_url):
    real = RqBell(redis_url, workers={})
    live = _live(truth, real, poll_s=60)
    stream = live.stream(None, drills=True)
    _next_id(stream)
    # The second look is the one after the subscription: from then on nothing is missed.
    for _ in range(2):
        truth.asked.acquire()

    truth.version = "a.2"
    real.announce("incidents")

    assert "a.2" == _next_id(stream)
    threading.Thread(target=live.close, daemon=True).start()
    real.announce("incidents")


def test_a_redis_that_goes_away_and_comes_back_is_listened_to_again(truth, make_redis):
    server = make_redis()
    live = _live(truth, RqBell(server.url, workers={}), poll_s=0.05)
    stream = live.stream(None, drills=True)
    _next_id(stream)

    server.stop()
    truth.version = "a.2"
    assert "a.2" == _next_id(stream)
    server.start()
    truth.version = "a.3"

    assert "a.3" == _next_id(stream)
    live.close()


def test_without_redis_the_database_is_looked_at(truth):
    live = _live(truth, DeadBell(), poll_s=0.05)
    stream = live.stream(None, drills=True)
    _next_id(stream)

    truth.version = "a.2"

    assert "a.2" == _next_id(stream)
    live.close()


def test_a_database_that_was_away_is_looked_at_again(live, truth, bell):
    truth.gone = True
    stream = live.stream(None, drills=True)
    next(stream)
    truth.asked.acquire()

    truth.gone = False

    assert "a.1" == _next_id(stream)


def test_a_silent_stream_says_that_it_is_alive(truth, bell):
    live = _live(truth, bell, heartbeat_s=0.01, poll_s=0.05)
    stream = live.stream("a.1", drills=True)

    assert ": still here\n\n" == list(zip(range(2), stream, strict=False))[-1][1]
    live.close()


def test_a_slow_listener_misses_what_is_old_and_never_the_newest(live, truth, bell):
    slow, quick = live.stream(None, drills=True), live.stream(None, drills=True)
    assert "a.1" == _next_id(slow) == _next_id(quick)

    for number in range(2, 2 + 3 * WAITING_EVENTS):
        truth.version = f"a.{number}"
        bell.announce("incidents")
        assert truth.version == _next_id(quick)

    heard = [_next_id(slow) for _ in range(WAITING_EVENTS)]
    assert truth.version == heard[-1]


def test_a_listener_that_leaves_is_forgotten(live):
    stream = live.stream(None, drills=True)
    next(stream)
    assert 1 == live.listeners

    stream.close()

    assert 0 == live.listeners


def test_closing_ends_every_stream(live):
    stream = live.stream(None, drills=True)
    _next_id(stream)

    live.close()

    assert [] == list(stream)
    assert "the stream ended" == _next_id(live.stream(None, drills=True))
