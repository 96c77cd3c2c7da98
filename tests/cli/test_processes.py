"""Our own processes end with a clear line when they cannot run, and in good order when asked."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from notify.config import HOME
from tests.services.processes import child_environment

pytestmark = pytest.mark.slow
Start = Callable[..., "subprocess.Popen[str]"]
CLOCK = ("-m", "notify.cli", "clock")


@pytest.fixture
def start(sqlite_url, short_path) -> Iterator[Start]:
    """Give a function that starts a program of ours and sees to it that it ends."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        given = {"NOTIFY_DATABASE_URL": sqlite_url, "NOTIFY_VAR": str(short_path), **settings}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=HOME,
            env=child_environment(**given),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"NOTIFY_BIND": "x", "NOTIFY_RATE_SMS": "0"}, 2, ("NOTIFY_BIND", "NOTIFY_RATE_SMS")),
        ({"NOTIFY_PLAYBOOKS": "/nowhere"}, 2, ("/nowhere",)),
        ({"NOTIFY_REDIS_URL": "redis://127.0.0.1:1/0"}, 1, ("Redis cannot be reached",)),
    ],
)
def test_a_worker_that_cannot_run_says_why(start, settings, code, said):
    out, err = (worker := start("worker.py", "sms", **settings)).communicate(timeout=60)

    assert code == worker.returncode, err
    assert "" == out
    assert "Traceback" not in err
    assert all(words in err for words in said)


def test_a_worker_refuses_a_redis_that_throws_jobs_away(start, make_redis):
    server = make_redis(maxmemory_policy="allkeys-lru")

    worker = start("worker.py", "sms", NOTIFY_REDIS_URL=server.url)
    _out, err = worker.communicate(timeout=60)

    assert 1 == worker.returncode
    assert "maxmemory-policy allkeys-lru" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [(), ("fax",), ("sms", "push")])
def test_a_worker_takes_one_channel(start, arguments):
    _out, err = (worker := start("worker.py", *arguments)).communicate(timeout=60)

    assert 2 == worker.returncode
    assert "usage: python worker.py sms|push|email\n" == err


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_when_asked(start, redis_url, ending):
    worker = start("worker.py", "sms", NOTIFY_REDIS_URL=redis_url)
    with Redis.from_url(redis_url) as redis:
        # It listens to signals once it waits for jobs.
        while not any("blmove" in client["cmd"] for client in redis.client_list()):
            assert worker.poll() is None, worker.communicate()

    worker.send_signal(ending)
    _out, err = worker.communicate(timeout=60)

    assert 0 == worker.returncode, err


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_clock_ends_when_asked(start, redis_url, ending):
    clock = start(*CLOCK, NOTIFY_REDIS_URL=redis_url)
    assert clock.stderr is not None
    assert "clock.started" in clock.stderr.readline()

    clock.send_signal(ending)
    _out, err = clock.communicate(timeout=60)

    assert 0 == clock.returncode, err
    assert "Traceback" not in err


def test_the_worker_file_stays_small():
    assert len((HOME / "worker.py").read_text(encoding="utf-8").splitlines()) <= 40
