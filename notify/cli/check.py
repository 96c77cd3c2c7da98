"""``notify check``: is everything ready for a crisis?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notify.bootstrap import check_redis, redis_url
from notify.cli.app import App, json_option, pass_app, print_json
from notify.config import Settings, SettingsError
from notify.domain.delivery import Channel
from notify.playbooks import PlaybookError
from notify.queueing.bell import RqBell
from notify.queueing.connection import RedisRefused
from notify.store.migrations import MigrationError
from notify.usecases.heartbeat import DEAD_AFTER, last_beat
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``state`` is ok, off (not used, says so) or failed."""

    name: str
    state: str
    detail: str


@click.command("check")
@json_option
@pass_app
def check_command(app: App, *, as_json: bool) -> None:
    """Look at settings, playbooks, wordings, database, Redis, channels, workers and clock.

    Exits 1 if anything would fail in a crisis; a channel without settings is off, not failed.
    """
    findings = list(_look(app))
    good = all(finding.state != "failed" for finding in findings)
    if as_json:
        checks = [{"name": f.name, "state": f.state, "detail": f.detail} for f in findings]
        print_json({"ok": good, "checks": checks})
    else:
        _show(findings)
    if not good:
        click.get_current_context().exit(1)


def _show(findings: list[Finding]) -> None:
    table = Table("", "what", "found", box=None)
    marks = {"ok": "[green]ok[/]", "off": "[yellow]off[/]", "failed": "[red]failed[/]"}
    for finding in findings:
        table.add_row(marks[finding.state], finding.name, escape(finding.detail))
    Console().print(table)


def _look(app: App) -> Iterator[Finding]:
    try:
        settings = app.settings
    except SettingsError as error:
        yield from _failed("settings", error.problems)
        return
    yield Finding("settings", "ok", f"data in {settings.var}")
    yield _try("redis", lambda: _redis(settings))
    try:
        services = app.services()
    except MigrationError as error:
        yield from _failed("database", [str(error)])
    except PlaybookError as error:
        yield from _failed("playbooks", str(error).splitlines())
    else:
        yield from _look_inside(services)


def _failed(name: str, problems: list[str]) -> Iterator[Finding]:
    return (Finding(name, "failed", problem) for problem in problems)


def _look_inside(services: Services) -> Iterator[Finding]:
    yield _try("database", lambda: _database(services))
    yield Finding("playbooks", "ok", ", ".join(sorted(services.playbooks)))
    for playbook in services.playbooks.values():
        problems = services.content.check(playbook)
        yield from _failed(f"wording {playbook.id}", problems)
        if not problems:
            yield Finding(f"wording {playbook.id}", "ok", "every notice, language and surface")
    yield from (_channel(services, channel) for channel in Channel)
    yield from _workers(services)
    yield _try("clock", lambda: _clock(services))


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", look())
    except (RedisRefused, _Dead) as error:
        return Finding(name, "failed", str(error))
    except (SQLAlchemyError, RedisError) as error:
        return Finding(name, "failed", f"cannot be reached ({type(error).__name__})")


class _Dead(RuntimeError):
    pass


def _redis(settings: Settings) -> str:
    try:
        version = check_redis(settings)
    except RedisRefused:
        if settings.redis_url:
            raise
        raise _Dead("the embedded server does not run; start notify up") from None
    return f"version {version}, noeviction"


def _channel(services: Services, channel: Channel) -> Finding:
    info, name = services.channels[channel], f"channel {channel}"
    if not info.on:
        return Finding(name, "off", info.detail)
    try:
        opened = services.open_channel(channel, False)
    except ValueError as error:
        return Finding(name, "failed", str(error))
    asyncio.run(opened.close())
    return Finding(name, "ok", info.detail)


def _database(services: Services) -> str:
    with services.database.read() as connection:
        connection.execute(text("SELECT 1"))
    return services.database.url.get_backend_name()


def _workers(services: Services) -> Iterator[Finding]:
    bell = RqBell(redis_url(services.settings), workers=services.settings.workers)
    try:
        alive = bell.alive()
    except RedisError as error:
        detail = f"none can be seen: Redis cannot be reached ({type(error).__name__})"
        yield Finding("workers", "failed", detail)
        return
    for channel, count in alive.items():
        state = "ok" if count else "failed"
        detail = f"{count} alive" if count else "none alive; start notify up or worker.py"
        yield Finding(f"workers {channel}", state, detail)


def _clock(services: Services) -> str:
    beat = last_beat("clock", services=services)
    if beat is None or services.now() - beat > DEAD_AFTER:
        raise _Dead("not alive; start notify up or notify clock")
    return "alive"
