"""What a demo does before it starts: it clears away what others that were killed have left."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotThere

from notify.cli.processes import LOCK, only_one
from notify.queueing.embedded import EmbeddedRedis


def test_what_a_killed_demo_left_is_cleared_away(notify, short_path):
    home = short_path / "demo-killed"
    url = EmbeddedRedis(home).start()
    (home / LOCK).touch()

    notify("demo", "--once", NOTIFY_VAR=str(short_path))

    assert not home.exists()
    with pytest.raises(NotThere), Redis.from_url(url) as client:
        client.ping()


def test_what_belongs_to_a_running_demo_stays(notify, short_path):
    home = short_path / "demo-running"

    with only_one(home):
        notify("demo", "--once", NOTIFY_VAR=str(short_path))

        assert home.exists()
