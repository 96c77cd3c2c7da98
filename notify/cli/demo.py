"""``notify demo``: the whole system on this machine, with simulated providers and a made-up race."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import click

from notify.bootstrap import build, check_redis, utc_now
from notify.cli.app import FAILED, App, fail, json_option, pass_app, print_json
from notify.cli.processes import Processes, Stopping, notify_command, standard_commands
from notify.cli.show import show_launched, show_status
from notify.cli.up import wait_for_web
from notify.cli.wait import follow
from notify.config import Settings, load_settings
from notify.intake import read_race_file
from notify.queueing.embedded import EmbeddedRedis
from notify.simulator.config import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from notify.simulator.sample import write_race, write_registrants
from notify.store.migrations import upgrade
from notify.usecases.add_user import AddUser, add_user
from notify.usecases.compose import Request
from notify.usecases.services import Services
from notify.usecases.status import Status
from notify.usecases.trigger import Trigger, trigger

REGISTRANTS = 2000
USER, PASSWORD = "organiser@example.com", "riverside-demo"  # noqa: S105 - a demo on loopback


@dataclass(frozen=True, slots=True)
class Demo:
    """What to show."""

    playbook: str
    registrants: int
    once: bool
    as_json: bool


@click.command("demo")
@click.option("--once", is_flag=True, help="Print the summary and exit.")
@click.option("--registrants", type=click.IntRange(1, 1_000_000), default=REGISTRANTS)
@click.option("--playbook", default="weather_cancellation", help="Which incident to trigger.")
@json_option
@pass_app
def demo_command(app: App, *, once: bool, registrants: int, playbook: str, as_json: bool) -> None:
    """Run everything with simulated providers and a made-up race, and trigger an incident.

    Nothing leaves this machine. The web pages stay up until Ctrl-C, unless --once.
    """
    demo = Demo(playbook, registrants, once, as_json)
    app.settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="demo-", dir=app.settings.var))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        _run(demo, app.settings, home, stack)
