"""The manual names every setting and every command, and none that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import click

from notify.cli import main
from notify.cli.app import EXPECTED
from notify.config import SETTINGS
from tests.repo.sources import ROOT

SETTING = re.compile(r"^\| `([A-Z][A-Z_]+)`", re.MULTILINE)
COMMAND = re.compile(r"`notify ([a-z-]+(?: [a-z-]+)*)")


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def _commands(group: click.Group, prefix: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{name} leads nowhere"
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        elif not command.hidden:
            yield f"{prefix}{name}"


def test_the_manual_names_exactly_the_settings_there_are():
    documented = set(SETTING.findall(_page("settings.md")))

    assert set(SETTINGS) == documented


def test_the_manual_names_each_command():
    documented = set(COMMAND.findall(_page("commands.md")))

    assert set() == set(_commands(main)) - documented


def test_the_manual_names_no_command_that_is_gone():
    there = set(_commands(main))
    documented = COMMAND.findall(_page("commands.md"))
    gone = [name for name in documented if not there & set(_beginnings(name))]

    assert [] == gone


def test_each_error_that_can_be_expected_exists():
    assert [] == [name for name in EXPECTED if not isinstance(_named(name), type)]


def _named(name: str) -> object:
    module, _dot, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def test_each_command_says_what_it_does():
    assert [] == [name for name in _commands(main) if not _command(name).get_short_help_str()]


def _beginnings(name: str) -> Iterator[str]:
    words = name.split()
    for length in range(1, len(words) + 1):
        yield " ".join(words[:length])


def _command(name: str) -> click.Command:
    command: click.Command | None = main
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command
