"""Two drains of one channel at once, as threads and as processes: everybody hears exactly once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from notify.config import HOME
from notify.domain.delivery import DeliveryStatus
from notify.ports import Throttled, Unavailable
from notify.simulator import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from tests.services.processes import child_environment
from tests.simulator.running import RunningSimulator
from tests.usecases.scene import CHANNEL_SETTINGS, phone, register, runners
from tests.usecases.together import all_at_once

S = DeliveryStatus
SIZE = 1200

_DRAIN = """
from notify.bootstrap import build, load_settings
from notify.domain.delivery import Channel
from notify.usecases.deliver import deliver
from notify.logs import configure
configure(level="ERROR")
deliver(Channel.SMS, budget_s=60, services=build(load_settings()))
"""


def test_three_threads_send_every_message_once(scene):
    register(scene.database, *runners(SIZE))
    scene.trigger()

    results = all_at_once([scene.drain] * 3)

    assert SIZE == sum(result.claimed for result in results)
    assert Counter({S.ACCEPTED: SIZE}) == Counter(scene.statuses())
    assert {phone(number): 1 for number in range(SIZE)} == Counter(
        message.address for message in scene.sms.taken
    )


def test_retries_among_several_drains_are_not_sent_twice(scene):
    register(scene.database, *runners(300))
    scene.trigger()
    scene.answer(*[Unavailable("connect"), None, Throttled("429", retry_after=1)] * 60)

    for _ in range(6):
        scene.make_due()
        all_at_once([scene.drain] * 2)

    assert Counter({S.ACCEPTED: 300}) == Counter(scene.statuses())
    accepted = Counter(message.address for message in scene.sms.accepted)
    assert {phone(number): 1 for number in range(300)} == accepted


@pytest.mark.slow
def test_three_processes_send_every_message_once(scene):
    """The simulator's log is the oracle: what the provider took, not what we believe."""
    register(scene.database, *runners(SIZE))
    scene.trigger()
    simulator = RunningSimulator(receipts=False)
    simulator.start()
    try:
        environment = child_environment(
            **CHANNEL_SETTINGS,
            NOTIFY_DATABASE_URL=scene.services.settings.database_url,
            NOTIFY_VAR=str(scene.services.settings.var),
            NOTIFY_SECRET_KEY="a secret for tests only",
            GOOGLE_APPLICATION_CREDENTIALS=str(scene.services.settings.var / "none.json"),
        ) | {
            "TWILIO_API_BASE": simulator.base,
            "TWILIO_ACCOUNT_SID": DEFAULT_ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": DEFAULT_AUTH_TOKEN,
        }
        command = [sys.executable, "-c", _DRAIN]
        drains = [subprocess.Popen(command, cwd=HOME, env=environment) for _ in range(3)]
        codes = [drain.wait(120) for drain in drains]
        log = simulator.log("sms")
    finally:
        simulator.stop()

    assert [0, 0, 0] == codes
    assert Counter({S.ACCEPTED: SIZE}) == Counter(scene.statuses())
    assert {phone(number): 1 for number in range(SIZE)} == Counter(line["to"] for line in log)
