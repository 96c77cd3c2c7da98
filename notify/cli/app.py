"""What every command gets: the services on demand, and errors as one clear line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NoReturn

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from notify.bootstrap import build
from notify.config import Settings, SettingsError, load_settings
from notify.content import ContentError
from notify.playbooks import PlaybookError
from notify.queueing.connection import RedisRefused
from notify.store.migrations import MigrationError, upgrade
from notify.usecases.errors import FactsRefused, NobodyAffected, Refused, Unknown
from notify.usecases.services import Services

FAILED, BAD_USAGE = 1, 2

_BAD_USAGE = (SettingsError, PlaybookError, ContentError, FactsRefused, Unknown, NobodyAffected)


class App:
    """The installation that a command works on; nothing is read before it is needed."""

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises ``SettingsError``."""
        return load_settings()

    @cached_property
    def _services(self) -> Services:
        upgrade(self.settings.database_url)
        return build(self.settings)

    def services(self) -> Services:
        """Return the services, with the database brought to the current schema."""
        return self._services


pass_app = click.make_pass_decorator(App, ensure=True)

json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


class Command(click.Group):
    """A group whose commands end with a clear line and an exit code instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what can be expected to go wrong into one line."""
        try:
            return super().invoke(ctx)
        except (*_BAD_USAGE, Refused, RedisRefused, MigrationError) as error:
            fail(str(error), BAD_USAGE if isinstance(error, _BAD_USAGE) else FAILED)
        except RedisError as error:
            fail(
                f"Redis cannot be reached ({type(error).__name__}); check NOTIFY_REDIS_URL", FAILED
            )
        except DBAPIError as error:
            fail(f"the database failed: {_first_line(error)}; check NOTIFY_DATABASE_URL", FAILED)
        except SQLAlchemyError as error:
            fail(f"the database cannot be used: {type(error).__name__}", FAILED)


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__


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
