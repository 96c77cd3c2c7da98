"""``benchmarks/fanout.py`` sends a small race both ways and prints the keys others rely on."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.repo.sources import ROOT
from tests.services.processes import child_environment


@pytest.mark.slow
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_one_database_is_measured_with_its_keys_at_the_top(database):
    done = _fanout("--people", "40", "--database", database, "--naive-messages", "12", "--json")

    assert 0 == done.returncode, done.stderr
    figures = json.loads(done.stdout)
    assert database == figures["database"]
    assert figures["messages"] > 40
    assert {"workers", "simulator", "database", "redis"} == set(figures["cpu_ms_per_message"])
    assert {"sms", "push", "email"} == set(figures["worker_mib"])
    for name in ("messages_per_s", "ratio_to_naive", "first_accepted_s", "seconds"):
        assert figures[name] > 0, name
    assert figures["naive"]["cpu_ms_per_message"]["workers"] > 0
    assert [database] == [run["database"] for run in figures["runs"]]


def test_wrong_number_of_people_is_one_clear_error():
    done = _fanout("--people", "none")

    assert 2 == done.returncode
    assert "'none' is not a valid integer" in done.stderr
    assert not done.stdout


def _fanout(*arguments):
    return subprocess.run(
        [sys.executable, "benchmarks/fanout.py", *arguments],
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
