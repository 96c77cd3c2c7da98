"""`notify demo --once`: the first thing anybody runs, and what it prints is a contract."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from notify.config import HOME
from notify.store.engine import Database
from tests.services.processes import child_environment
from tests.usecases.scene import write_race

pytestmark = pytest.mark.slow

BEYOND = {"accepted", "sent", "delivered"}


def demo(var, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the demo once in a folder of the test's own."""
    return subprocess.run(
        [sys.executable, "-m", "notify.cli", "demo", "--once", "--json", *arguments],
        cwd=HOME,
        env=child_environment(NOTIFY_VAR=str(var), **settings),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def test_the_demo_prints_the_contract_with_everybody_reached(short_path):
    answer = demo(short_path, "--registrants", "500")

    assert 0 == answer.returncode, answer.stderr
    document = json.loads(answer.stdout)
    assert {"incident", "notice", "revision", "people", "reached", "deliveries", "left_out"} <= set(
        document
    )
    assert {"committed", "published", "first_accepted", "all_accepted"} == set(document["seconds"])
    assert {"page", "console", "faq"} == set(document["urls"])
    assert {"sms", "push", "email"} == set(document["deliveries"])
    assert BEYOND >= {state for counts in document["deliveries"].values() for state in counts}
    assert document["people"] == document["reached"]
    assert 500 == document["people"] + sum(document["left_out"].values())
    seconds = document["seconds"]
    assert 0 <= seconds["published"] <= seconds["first_accepted"] <= seconds["all_accepted"]


def test_the_demo_leaves_nothing_of_itself(short_path):
    before = {path.name for path in short_path.iterdir()}

    answer = demo(short_path, "--registrants", "20", "--playbook", "route_change")

    assert 0 == answer.returncode, answer.stderr
    left = {path.name for path in short_path.iterdir()} - before
    assert {"demo.log"} >= left


def test_a_demo_may_follow_a_demo_on_one_database(short_path, sqlite_url):
    answers = [
        demo(short_path, "--registrants", "20", NOTIFY_DATABASE_URL=sqlite_url) for _ in range(2)
    ]

    assert [0, 0] == [answer.returncode for answer in answers], answers[1].stderr


def test_a_demo_ends_when_asked_before_it_is_done(short_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "notify.cli", "demo", "--registrants", "100000"],
        cwd=HOME,
        env=child_environment(NOTIFY_VAR=str(short_path)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "Importing" in process.stderr.readline()

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=170)

    assert (1, "") == (process.returncode, out)
    assert "Aborted" in err
    assert "Traceback" not in err
    assert ["demo.log"] == [path.name for path in short_path.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--playbook", "moonfall"), "no playbook called 'moonfall'"), (("--registrants", "0"), "0")],
)
def test_a_demo_of_nothing_is_a_usage_error(short_path, arguments, said):
    answer = demo(short_path, *arguments)

    assert (2, "") == (answer.returncode, answer.stdout)
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_demo_keeps_away_from_a_database_with_real_races(short_path, migrated_url):
    """It would let somebody in with a password everybody knows."""
    database = Database(migrated_url)
    write_race(database)
    database.engine.dispose()

    answer = demo(short_path, NOTIFY_DATABASE_URL=migrated_url)

    assert (2, "") == (answer.returncode, answer.stdout)
    assert "the database holds lake-2026" in answer.stderr
