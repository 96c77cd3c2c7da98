"""Commands on incidents: preview, trigger, update, correct, resolve, stop, resume, status."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import click

from notify.cli.app import App, json_option, pass_app, print_json, typed_facts
from notify.cli.show import show_held, show_launched, show_preview, show_status
from notify.cli.wait import follow
from notify.domain.notice import NoticeKind
from notify.usecases.compose import Request
from notify.usecases.hold import hold, release
from notify.usecases.launch import Launched
from notify.usecases.preview import preview
from notify.usecases.revise import Revise, revise
from notify.usecases.status import status
from notify.usecases.trigger import Trigger, trigger

_fact: Callable[[Any], Any] = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact; several values as a,b."
)
_race: Callable[[Any], Any] = click.option("--race", required=True, help="The race's id.")
_wait: Callable[[Any], Any] = click.option(
    "--wait", is_flag=True, help="Follow it until every delivery has left."
)
_kind: Callable[[Any], Any] = click.option(
    "--kind",
    # By value: of an enumeration, click would take the names of the members.
    type=click.Choice([NoticeKind.ALERT.value, NoticeKind.HOLDING.value]),
    default=NoticeKind.ALERT.value,
    help="What to start with.",
)


def actor() -> str:
    """Return whom the audit log names for a command: the account at this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


@click.command("preview")
@click.argument("playbook")
@_race
@_fact
@_kind
@click.option("--drill", is_flag=True, help="As a drill.")
@json_option
@pass_app
def preview_command(app: App, /, playbook: str, race: str, **options: Any) -> None:
    """Show who would get what. Writes nothing."""
    request = _request(playbook, race, options)
    seen = preview(request, services=app.services())
    show_preview(seen, as_json=options["as_json"])


@click.command("trigger")
@click.argument("playbook")
@_race
@_fact
@_kind
@click.option("--drill", is_flag=True, help="The identical run into a sealed transport.")
@click.option("--break-glass", metavar="REASON", help="Act alone; the reason is kept.")
@_wait
@json_option
@pass_app
def trigger_command(app: App, /, playbook: str, race: str, **options: Any) -> None:
    """Start an incident: FAQ, page and banner first, then every message."""
    command = Trigger(
        _request(playbook, race, options), actor=actor(), break_glass=options["break_glass"]
    )
    launched = trigger(command, services=app.services())
    _report(app, launched, wait=options["wait"], as_json=options["as_json"])


def _request(playbook: str, race: str, options: dict[str, Any]) -> Request:
    return Request(
        playbook_id=playbook,
        race_id=race,
        typed=typed_facts(options["facts"]),
        request_id=str(uuid4()),
        kind=NoticeKind(options["kind"]),
        drill=options["drill"],
    )


def _report(app: App, launched: Launched, *, wait: bool, as_json: bool) -> None:
    services = app.services()
    if not as_json:
        show_launched(launched, services=services)
    current = (
        follow(launched.incident_id, services=services)
        if wait
        else status(launched.incident_id, services=services)
    )
    if as_json:
        print_json(current.as_json())
    else:
        show_status(current)


def _revising(name: str, kind: NoticeKind, text: str) -> click.Command:
    @click.command(name, help=text)
    @click.argument("incident")
    @_fact
    @_wait
    @json_option
    @pass_app
    def command(app: App, /, incident: str, **options: Any) -> None:
        request = Revise(
            incident_id=incident,
            kind=kind,
            typed=typed_facts(options["facts"]),
            request_id=str(uuid4()),
            actor=actor(),
        )
        launched = revise(request, services=app.services())
        _report(app, launched, wait=options["wait"], as_json=options["as_json"])

    return command


update_command = _revising(
    "update", NoticeKind.UPDATE, "Send an update: the facts given change, the others stay."
)
correct_command = _revising(
    "correct",
    NoticeKind.CORRECTION,
    "Correct a wrong notice, to exactly the people who got it; what has not left is withdrawn.",
)
resolve_command = _revising(
    "resolve", NoticeKind.ALL_CLEAR, "Give the all-clear to everybody who was told, and resolve."
)


@click.command("stop")
@click.argument("incident")
@json_option
@pass_app
def stop_command(app: App, incident: str, *, as_json: bool) -> None:
    """Hold every message of the incident that has not left yet."""
    show_held(hold(incident, actor=actor(), services=app.services()), as_json=as_json)


@click.command("resume")
@click.argument("incident")
@json_option
@pass_app
def resume_command(app: App, incident: str, *, as_json: bool) -> None:
    """Let exactly the messages that were held leave."""
    show_held(release(incident, actor=actor(), services=app.services()), as_json=as_json)


@click.command("status")
@click.argument("incident")
@json_option
@pass_app
def status_command(app: App, incident: str, *, as_json: bool) -> None:
    """Show how far the incident's newest notice has come."""
    current = status(incident, services=app.services())
    if as_json:
        print_json(current.as_json())
    else:
        show_status(current)
