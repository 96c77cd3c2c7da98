"""Wiring: settings become services, nothing connects, and every process has the same secret."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from notify.bootstrap import build, check_redis, redis_url, secret_key, utc_now
from notify.channels.sealed import Sealed
from notify.config import HOME, load_settings
from notify.domain.delivery import Channel
from notify.playbooks import PlaybookError
from notify.queueing.connection import RedisRefused
from tests.services.processes import child_environment
from tests.usecases.scene import CHANNEL_SETTINGS
from tests.usecases.together import all_at_once


def settings(tmp_path: Path, **changes: str):
    """Return settings in a folder of the test's own."""
    return load_settings({"NOTIFY_VAR": str(tmp_path / "var"), **changes})


def test_building_connects_to_nothing(tmp_path):
    services = build(
        settings(
            tmp_path,
            NOTIFY_DATABASE_URL="postgresql://127.0.0.1:1/none",
            NOTIFY_REDIS_URL="redis://127.0.0.1:1/0",
        )
    )

    assert {"weather_cancellation", "route_change", "payment_outage"} <= set(services.playbooks)
    assert utc_now().tzinfo is not None


def test_a_secret_is_made_once_kept_private_and_found_again(tmp_path):
    here = settings(tmp_path)
    first = secret_key(here)

    path = tmp_path / "var" / "secret_key"
    assert len(first) >= 32
    assert first == secret_key(here)
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(path.parent.glob("secret_key*"))


@pytest.mark.slow
def test_processes_that_start_together_agree_on_the_secret(tmp_path):
    program = (
        "from notify.bootstrap import secret_key, load_settings;"
        "import sys; sys.stdout.write(secret_key(load_settings()))"
    )

    def ask() -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=HOME,
            env=child_environment(NOTIFY_VAR=str(tmp_path / "var")),
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    keys = all_at_once([ask] * 3)

    assert 1 == len(set(keys))
    assert len(keys[0]) >= 32


def test_a_configured_secret_is_not_written_down(tmp_path):
    given = settings(tmp_path, NOTIFY_SECRET_KEY="sixteen letters!")

    assert "sixteen letters!" == secret_key(given)
    assert not (tmp_path / "var").exists()


def test_the_embedded_redis_is_used_unless_another_is_configured(tmp_path):
    other = settings(tmp_path, NOTIFY_REDIS_URL="redis://r.example")

    assert redis_url(settings(tmp_path)).startswith("unix:///")
    assert "redis://r.example" == redis_url(other)


def test_a_redis_that_is_away_is_refused(tmp_path):
    with pytest.raises(RedisRefused):
        check_redis(settings(tmp_path, NOTIFY_REDIS_URL="redis://127.0.0.1:1/0"))


def test_channels_without_settings_are_off_and_say_what_is_missing(tmp_path):
    services = build(settings(tmp_path))

    assert {False} == {info.on for info in services.channels.values()}
    assert "TWILIO_ACCOUNT_SID" in services.channels[Channel.SMS].detail
    assert "FCM_PROJECT_ID" in services.channels[Channel.PUSH].detail
    assert "SMTP_URL" in services.channels[Channel.EMAIL].detail
    for name in Channel:
        with pytest.raises(ValueError, match="is off"):
            services.open_channel(name, False)
        assert isinstance(services.open_channel(name, True), Sealed)


def test_a_service_account_that_cannot_be_read_turns_push_off(tmp_path):
    given = {**CHANNEL_SETTINGS, "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}

    services = build(settings(tmp_path, **given))

    assert not services.channels[Channel.PUSH].on
    assert "cannot be read" in services.channels[Channel.PUSH].detail
    assert services.channels[Channel.SMS].on


def test_what_a_channel_says_of_itself_holds_no_secret(tmp_path):
    given = {
        **CHANNEL_SETTINGS,
        "TWILIO_AUTH_TOKEN": "hush-token",
        "SMTP_URL": "smtp://u:hush-mail@mail.example",
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json"),
    }

    services = build(settings(tmp_path, **given))

    assert "hush" not in repr(services.channels)


def test_rates_are_those_configured(tmp_path):
    services = build(settings(tmp_path, NOTIFY_RATE_SMS="2.5"))

    assert 2.5 == services.channels[Channel.SMS].rate
    assert services.channels[Channel.PUSH].rate is None


def test_a_playbook_that_cannot_be_used_stops_everything(tmp_path):
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "x.yaml").write_text("id: x\n", encoding="utf-8")

    with pytest.raises(PlaybookError, match=r"x\.yaml"):
        build(settings(tmp_path, NOTIFY_PLAYBOOKS=str(tmp_path / "books")))
