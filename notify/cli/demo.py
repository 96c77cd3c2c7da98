"""``notify demo``: the whole system on this machine, with simulated providers and a race.

It takes the way of a real installation: race file, registration file, playbook, trigger, workers.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import click

from notify.bootstrap import build, check_redis
from notify.cli.app import BAD_USAGE, FAILED, App, fail, json_option, pass_app, print_json
from notify.cli.processes import LOCK, Stopping, locked, only_one, standard_commands
from notify.cli.show import show_launched, show_status
from notify.cli.stage import Stage, stage
from notify.cli.up import wait_for_web
from notify.cli.wait import follow
from notify.queueing.embedded import EmbeddedRedis
from notify.simulator.sample import sample_facts, write_race, write_registrants
from notify.store.migrations import upgrade
from notify.usecases.add_race import AddRace, add_race
from notify.usecases.add_user import AddUser, add_user
from notify.usecases.compose import Request
from notify.usecases.import_registrants import ImportRegistrants, import_registrants
from notify.usecases.launch import Launched
from notify.usecases.list_races import list_races
from notify.usecases.services import Services
from notify.usecases.sign_in import sign_in
from notify.usecases.status import Status
from notify.usecases.trigger import Trigger, trigger

REGISTRANTS = 2000
DEMO_RACE = "riverside-"
USER, PASSWORD = "organiser@example.com", "riverside-demo"
RACE_IN = timedelta(days=1)
HOMES = "demo-"
"""How the folders of demos begin; each is removed with its demo."""


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
    var = app.settings.var
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear_abandoned(var)
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix=HOMES, dir=var))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        stack.enter_context(only_one(home))
        _run(demo, app, home, stack)


def _clear_abandoned(var: Path) -> None:
    """Remove what demos that were killed have left; their Redis runs on for nobody."""
    for lock in var.glob(f"{HOMES}*/{LOCK}"):
        with locked(lock.parent) as ours:
            if ours:
                EmbeddedRedis(lock.parent).stop()
                shutil.rmtree(lock.parent, ignore_errors=True)


def _run(demo: Demo, app: App, home: Path, stack: ExitStack) -> None:
    stopping = Stopping()
    set_up = stage(app.settings, home, any_port=demo.once)
    settings, processes = set_up.settings, set_up.processes
    if not settings.redis_url:
        embedded = EmbeddedRedis(settings.var)
        stack.callback(embedded.stop)
        embedded.start()
    check_redis(settings)
    upgrade(settings.database_url)
    stack.callback(processes.stop)
    processes.start(set_up.simulator)
    if not wait_for_web(set_up.providers, stopping):
        stopping.check()
        fail(f"the simulator did not start; see {set_up.log_file}", FAILED)
    services = build(settings)
    if demo.playbook not in services.playbooks:
        there = ", ".join(sorted(services.playbooks))
        fail(f"no playbook called {demo.playbook!r}; there is {there}", BAD_USAGE)
    _refuse_real_races(services)
    _say(f"Importing a made-up race with {demo.registrants:,} registrants …")
    race_id = _import_race(demo, services, home, stopping)
    processes.start(standard_commands(settings.workers))
    if not wait_for_web(f"http://{settings.bind}", stopping):
        stopping.check()
        fail(f"the web server did not start; see {set_up.log_file}", FAILED)
    launched = _trigger(demo, services, race_id)
    status = follow(launched.incident_id, services=services, check=stopping.check)
    _summary(demo, status)
    if not demo.once:
        _stay(set_up, stopping)


def _refuse_real_races(services: Services) -> None:
    """The demo lets somebody in with a known password, and sends to simulators what is due."""
    real = [listed.race.id for listed in list_races(services=services)]
    real = [race_id for race_id in real if not race_id.startswith(DEMO_RACE)]
    if real:
        fail(
            f"the database holds {', '.join(real[:3])}: the demo is not for a real installation;"
            " unset NOTIFY_DATABASE_URL",
            BAD_USAGE,
        )


def _import_race(demo: Demo, services: Services, home: Path, stopping: Stopping) -> str:
    """Take the way of a real race: a race file and a registration file, through the importer."""
    race_id = f"{DEMO_RACE}{uuid4().hex[:6]}"
    now = services.now()
    starts_at = (now + RACE_IN).replace(hour=7, minute=30, second=0, microsecond=0, tzinfo=None)
    race_file, registrants = home / "race.yaml", home / "registrants.csv"
    write_race(race_file, race_id=race_id, starts_at=starts_at)
    write_registrants(registrants, count=demo.registrants, paid_until=now.replace(tzinfo=None))
    add_race(AddRace(race_file), database=services.database, now=services.now)
    import_registrants(
        ImportRegistrants(file=registrants, race_id=race_id),
        database=services.database,
        now=services.now,
        progress=lambda _bytes_read: stopping.check(),
    )
    # A database of one's own may have seen a demo before.
    if sign_in(USER, PASSWORD, services=services) is None:
        add_user(AddUser(email=USER, role="admin", password=PASSWORD), services=services)
    return race_id


def _trigger(demo: Demo, services: Services, race_id: str) -> Launched:
    request = Request(
        playbook_id=demo.playbook,
        race_id=race_id,
        typed=sample_facts(demo.playbook, services.now()),
        request_id=str(uuid4()),
    )
    launched = trigger(Trigger(request, actor="demo"), services=services)
    if not demo.as_json:
        show_launched(launched, services=services)
    return launched


def _summary(demo: Demo, status: Status) -> None:
    if demo.as_json:
        print_json(status.as_json())
    else:
        show_status(status)


def _stay(set_up: Stage, stopping: Stopping) -> None:
    _say(
        f"\nOrganiser's console: {set_up.settings.public_url}/   agents' desk:"
        f" {set_up.settings.public_url}/desk\nSign in as {USER} with {PASSWORD}"
        "\nNothing leaves this machine. Ctrl-C ends the demo."
    )
    set_up.processes.supervise(stopping)


def _say(text: str) -> None:
    click.echo(text, err=True)
