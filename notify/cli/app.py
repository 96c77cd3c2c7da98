"""What every command gets: the installation on demand, and errors as one clear line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from notify.config import Settings, load_settings

if TYPE_CHECKING:
    from notify.usecases.services import Services

FAILED, BAD_USAGE = 1, 2

EXPECTED: Mapping[str, int] = {
    "notify.config.SettingsError": BAD_USAGE,
    "notify.playbooks.loading.PlaybookError": BAD_USAGE,
    "notify.content.errors.ContentError": BAD_USAGE,
    "notify.intake.files.FileRefused": BAD_USAGE,
    "notify.domain.facts.FactsRefused": BAD_USAGE,
    "notify.usecases.errors.Unknown": BAD_USAGE,
    "notify.usecases.errors.BadInput": BAD_USAGE,
    "notify.usecases.errors.NobodyAffected": BAD_USAGE,
    "notify.usecases.errors.Refused": FAILED,
    "notify.queueing.connection.RedisRefused": FAILED,
    "notify.store.migrations.MigrationError": FAILED,
    "redis.exceptions.RedisError": FAILED,
    "sqlalchemy.exc.SQLAlchemyError": FAILED,
    "builtins.OSError": FAILED,
}
"""What can be expected to go wrong, with its exit code; the first that fits decides.

By name, because importing what can raise them takes longer than most commands run.
"""


class App:
    """The installation that a command works on; nothing is read before it is needed."""

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises ``SettingsError``."""
        return load_settings()

    @cached_property
    def _services(self) -> Services:
        services: Services = load("notify.cli.installation:installed")(self.settings)
        return services

    def services(self) -> Services:
        """Return the services, with the database brought to the current schema."""
        return self._services


pass_app = click.make_pass_decorator(App, ensure=True)

json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


def load(target: str) -> Any:
    """Return what ``module:name`` names."""
    module, _colon, name = target.partition(":")
    return getattr(import_module(module), name)


class Command(click.Group):
    """A group that loads a command when it is asked for, and ends with a line, not a traceback.

    ``commands_at`` says where each command is (``module:name``) and what it does in one line.
    """

    def __init__(
        self, *args: Any, commands_at: Mapping[str, tuple[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._at = commands_at or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the table."""
        return [*self._at, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, loading its module."""
        if cmd_name in self._at:
            command: click.Command = load(self._at[cmd_name][0])
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_target, text) in self._at.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what can be expected to go wrong into one line."""
        try:
            return super().invoke(ctx)
        except Exception as error:  # noqa: BLE001 - a bug of ours is raised again there
            end_with_line(error)


def end_with_line(error: Exception) -> NoReturn:
    """End with the line and the exit code of an error that can be expected; raise any other."""
    code = expected_code(error)
    if code is None:
        raise error
    fail(_line(error), code)


def expected_code(error: Exception) -> int | None:
    """Return the exit code for an error that can be expected, or ``None`` for a bug of ours."""
    if isinstance(error, BrokenPipeError):  # whoever read us has enough: click ends us quietly
        return None
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    return next((code for name, code in EXPECTED.items() if name in names), None)


def _line(error: Exception) -> str:
    home = type(error).__module__
    if home.startswith("redis."):
        return f"Redis cannot be reached ({type(error).__name__}); check NOTIFY_REDIS_URL"
    if home.startswith("sqlalchemy."):
        lines = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()
        return f"the database failed: {lines[0]}; check NOTIFY_DATABASE_URL"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong on standard error, one line per problem, and end with ``code``."""
    for line in message.splitlines() or ["failed"]:
        click.echo(f"notify: {line}", err=True)
    sys.exit(code)


def print_json(document: Mapping[str, object]) -> None:
    """Print ``document`` on standard output, as the only thing there."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def typed_facts(pairs: Sequence[str]) -> dict[str, str]:
    """Return ``--fact NAME=VALUE`` options as a mapping; raises ``click.BadParameter``."""
    facts: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            message = f"{pair!r} is not NAME=VALUE, such as decision=cancelled"
            raise click.BadParameter(message, param_hint="--fact")
        if name.strip() in facts:
            message = f"{name.strip()!r} is given twice; list several values as a,b"
            raise click.BadParameter(message, param_hint="--fact")
        facts[name.strip()] = value
    return facts
