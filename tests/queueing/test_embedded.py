"""The embedded Redis: started, found again after a crash, ended, wherever its folder lies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from notify.config import HOME
from notify.queueing.connection import RedisRefused, check
from notify.queueing.embedded import LONGEST_SOCKET, EmbeddedRedis, embedded_url, socket_path
from tests.services.processes import child_environment

_START = """
import sys, time
from pathlib import Path
from notify.queueing.embedded import EmbeddedRedis
EmbeddedRedis(Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture
def embedded(short_path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(short_path)
    yield server
    server.stop()


def pid_of(url: str) -> int:
    with Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def runs(pid: int) -> bool:
    """Return whether a process lives; one that only waits to be buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_it_starts_is_good_enough_and_ends(embedded, short_path):
    url = embedded.start()
    version, pid = check(url), pid_of(url)

    embedded.stop()

    assert version
    assert embedded_url(short_path) == url
    assert not runs(pid)


def test_what_was_enqueued_survives_a_restart(embedded):
    url = embedded.start()
    with Redis.from_url(url) as client:
        client.set("kept", "yes")
    embedded.stop()

    embedded.start()

    with Redis.from_url(url) as client:
        assert b"yes" == client.get("kept")
        assert "yes" == client.config_get("appendonly")["appendonly"]


def test_starting_twice_uses_the_same_server(embedded, short_path):
    url = embedded.start()
    other = EmbeddedRedis(short_path)

    assert url == other.start()
    assert pid_of(url) == pid_of(other.url)


def test_a_server_whose_starter_was_killed_is_found_again_and_ended(short_path):
    starter = subprocess.Popen(
        [sys.executable, "-c", _START, str(short_path)],
        cwd=HOME,
        env=child_environment(),
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    assert b"started\n" == starter.stdout.readline()
    left = pid_of(embedded_url(short_path))
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    starter.stdout.close()

    again = EmbeddedRedis(short_path)
    url = again.start()
    pid = pid_of(url)
    again.stop()

    assert left == pid
    assert not runs(pid)


def test_a_socket_left_by_a_dead_server_is_no_obstacle(embedded):
    url = embedded.start()
    os.kill(pid_of(url), signal.SIGKILL)

    embedded.stop()
    embedded.start()

    assert check(url)


def test_a_folder_too_deep_for_a_socket_works_all_the_same(short_path):
    deep = short_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedRedis(deep)
    try:
        url = server.start()

        assert check(url)
        assert len(bytes(socket_path(deep))) <= LONGEST_SOCKET
        assert 0o700 == socket_path(deep).parent.stat().st_mode & 0o777
    finally:
        server.stop()
        socket_path(deep).unlink(missing_ok=True)
        socket_path(deep).parent.rmdir()


def test_two_deep_folders_do_not_share_a_server(short_path):
    first, second = (short_path / ("d" * 120) / name for name in ("a", "b"))

    assert socket_path(first) != socket_path(second)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder somebody else's")
def test_a_folder_of_somebody_else_is_refused(short_path):
    """In the shared temporary folder anybody may have been there first."""
    deep = short_path / ("d" * 120)
    folder = socket_path(deep).parent
    folder.mkdir(mode=0o777)
    os.chown(folder, 65534, 65534)
    try:
        with pytest.raises(RedisRefused, match="belongs to somebody else"):
            EmbeddedRedis(deep).start()
    finally:
        folder.rmdir()


def test_a_folder_that_cannot_be_made_is_a_clear_refusal():
    server = EmbeddedRedis(Path("/dev/null/var"))

    with pytest.raises(RedisRefused, match="did not start"):
        server.start()
    server.stop()


def test_a_server_that_cannot_start_can_be_stopped(short_path):
    (short_path / "redis").mkdir()
    (short_path / "redis" / "valkey.log").mkdir()
    (short_path / "redis" / "appendonlydir").write_text("not a folder", encoding="utf-8")
    server = EmbeddedRedis(short_path)

    with pytest.raises(RedisRefused, match="did not start"):
        server.start()
    server.stop()


def test_stopping_what_never_ran_is_fine(short_path):
    EmbeddedRedis(short_path).stop()
