"""``notify up``, ``web`` and ``clock``: the processes of an installation."""

from __future__ import annotations

import time
from urllib.error import URLError
from urllib.request import urlopen

import click

from notify.bootstrap import check_redis
from notify.cli.addresses import busy
from notify.cli.app import FAILED, App, fail, pass_app
from notify.cli.processes import Processes, Stopping, only_one, standard_commands
from notify.clock import Clock
from notify.queueing.embedded import EmbeddedRedis
from notify.store.migrations import upgrade
from notify.web.server import serve


@click.command("up")
@pass_app
def up_command(app: App) -> None:
    """Run web, workers and clock on this machine until stopped (Ctrl-C)."""
    settings = app.settings
    with only_one(settings.var):
        embedded = None if settings.redis_url else EmbeddedRedis(settings.var)
        processes = Processes()
        stopping = Stopping()
        try:
            if embedded:
                embedded.start()
            check_redis(settings)
            upgrade(settings.database_url)
            app.services()
            _refuse_taken(settings.bind)
            processes.start(standard_commands(settings.workers))
            if wait_for_web(f"http://{settings.bind}", stopping):
                click.echo(f"notify is up: {settings.public_url}  (Ctrl-C stops it)", err=True)
            elif not stopping.asked:
                click.echo("notify sends, but its web pages do not answer yet", err=True)
            processes.supervise(stopping)
        finally:
            processes.stop()
            if embedded:
                embedded.stop()


def _refuse_taken(bind: str) -> None:
    """Whoever listens there already would answer for us, and we would believe it."""
    host, port = bind.rsplit(":", 1)
    if busy(host, int(port)):
        fail(f"cannot listen on {bind}: end the program there, or change NOTIFY_BIND", FAILED)


def wait_for_web(address: str, stopping: Stopping, *, seconds: float = 30.0) -> bool:
    """Wait until the web server answers; return whether it did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not stopping.wait(0.1):
        try:
            with urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except (URLError, OSError):
            continue
    return False


@click.command("web")
@pass_app
def web_command(app: App) -> None:
    """Run the web server alone."""
    serve(app.services, app.settings.bind)


@click.command("clock")
@pass_app
def clock_command(app: App) -> None:
    """Run the clock alone: it finds what is due and rings the workers."""
    Clock(app.services()).run()
