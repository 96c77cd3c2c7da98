"""A channel without its settings is off: the preview says so, and nothing is planned for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from notify.domain.delivery import Channel, DeliveryStatus
from notify.usecases.errors import NobodyAffected
from notify.usecases.preview import preview
from tests.usecases.scene import CHANNEL_SETTINGS, Runner, Scene, a_request, register, set_scene

SMS_OFF = {name: "" for name in CHANNEL_SETTINGS if name.startswith("TWILIO")}
PUSH_OFF = {"FCM_PROJECT_ID": ""}
EMAIL_OFF = {"SMTP_URL": "", "MAIL_FROM": ""}

Set = Callable[..., Scene]


@pytest.fixture
def set_off(migrated_url, tmp_path, small_playbook) -> Iterator[Set]:
    """Give a function that makes a scene with one runner on every channel."""
    with ExitStack() as stack:

        def make(*off: dict[str, str]) -> Scene:
            settings = dict(small_playbook)
            for names in off:
                settings |= names
            scene = stack.enter_context(contextmanager(set_scene)(migrated_url, tmp_path, settings))
            runner = Runner(phone="+8613123450001", email="one@example.org", tokens=("one",))
            register(scene.database, runner)
            return scene

        yield make


def test_a_channel_that_is_off_is_listed_and_not_planned(set_off):
    scene = set_off(SMS_OFF, PUSH_OFF)

    seen = preview(a_request(), services=scene.services)
    launched = scene.trigger()

    assert {Channel.SMS, Channel.PUSH} == set(seen.off)
    assert "TWILIO_ACCOUNT_SID" in seen.off[Channel.SMS]
    assert [Channel.EMAIL] == [forecast.channel for forecast in seen.channels]
    assert {Channel.EMAIL: 1} == launched.deliveries
    assert [Channel.EMAIL] == scene.bell.rung


def test_all_channels_off_is_refused_with_each_reason(set_off):
    scene = set_off(SMS_OFF, PUSH_OFF, EMAIL_OFF)

    with pytest.raises(NobodyAffected) as refused:
        scene.trigger()

    assert "every channel of closure is off" in str(refused.value)
    assert all(name in str(refused.value) for name in ("TWILIO", "FCM", "SMTP_URL"))


def test_a_drill_needs_no_credentials(set_off):
    scene = set_off(SMS_OFF, PUSH_OFF, EMAIL_OFF)

    launched = scene.trigger(drill=True)
    for channel in Channel:
        scene.drain(channel)

    assert {Channel.SMS: 1, Channel.PUSH: 1, Channel.EMAIL: 1} == launched.deliveries
    assert [DeliveryStatus.ACCEPTED] * 3 == scene.statuses()


def test_somebody_reachable_only_over_a_channel_that_is_off_has_no_address(set_off):
    scene = set_off(SMS_OFF, PUSH_OFF)
    register(scene.database, Runner(phone="+8613123450002"))

    seen = preview(a_request(), services=scene.services)

    assert (1, {"no_address": 1}) == (seen.people, seen.left_out)


def test_a_worker_without_the_channels_settings_gives_the_messages_back(set_off):
    """They certainly did not leave: they must not count as perhaps sent."""
    scene = set_off()
    scene.trigger()

    def closed(name, drill):
        raise ValueError(f"channel {name} is off")

    replace(scene, services=replace(scene.services, open_channel=closed)).drain()

    [row] = [row for row in scene.deliveries() if row.channel == Channel.SMS]
    assert (DeliveryStatus.PLANNED, "channel_off") == (row.status, row.error_code)
    assert row.due_at > scene.clock.now
