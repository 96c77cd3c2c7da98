"""Every command explains itself, and explaining needs no installation."""

from __future__ import annotations

import pytest

from notify.cli import COMMANDS, main
from tests.cli.conftest import refused

INNER = {"race": ("add",), "user": ("add",)}
EVERY = [
    *((name,) for name in COMMANDS),
    *((name, inner) for name, some in INNER.items() for inner in some),
]


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help(notify, command, option):
    result = notify(*command, option, NOTIFY_BIND="broken", NOTIFY_DATABASE_URL="broken")

    assert 0 == result.exit_code
    assert result.stdout.startswith("Usage: ")
    assert "" == result.stderr


def test_the_help_lists_every_command_of_the_contract(notify):
    result = notify("--help")

    contract = (
        *("demo", "up", "check", "race", "import", "user", "preview", "trigger"),
        *("stop", "resume", "update", "correct", "resolve", "status", "simulator", "sms-parts"),
    )
    assert 0 == result.exit_code
    listed = {line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ")}
    assert set(contract) <= listed


def test_the_version_is_told(notify):
    result = notify("--version")

    assert 0 == result.exit_code
    assert result.stdout.startswith("notify, version ")


def test_without_a_command_the_help_is_shown(notify):
    result = notify()

    assert 2 == result.exit_code
    assert "Usage: " in result.output


def test_groups_without_a_command_are_usage_errors(notify):
    assert 2 == notify("race").exit_code
    refused(notify("race", "explode"), 2, "No such command")


def test_every_command_of_the_table_can_be_loaded():
    context = main.make_context("notify", ["--help"], resilient_parsing=True)

    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        assert name == command.name
