"""The first page: what is going on, and starting something."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from notify.domain.incident import Severity
from notify.domain.playbook import Playbook
from notify.usecases.list_past import list_past
from notify.usecases.list_races import ListedRace
from notify.usecases.shown import Shown, all_shown
from notify.usecases.status import Status
from notify.web.access import organiser
from notify.web.context import services
from notify.web.organiser.progress import Progress, progress_of, recent_status
from notify.web.organiser.scope import races_in_scope

_LOUDNESS = list(Severity)


@dataclass(frozen=True)
class Running:
    """An active incident and how far its newest notice has come."""

    incident: Shown
    playbook: Playbook | None
    status: Status
    progress: Progress


def register(blueprint: Blueprint) -> None:
    """Add the first page."""
    blueprint.add_url_rule("/", view_func=console)
    blueprint.add_url_rule("/running", view_func=running)


@organiser
def console() -> ResponseReturnValue:
    """Show active incidents and the playbooks that can be started."""
    found = services()
    races = races_in_scope()
    playbooks = sorted(
        found.playbooks.values(), key=lambda item: (-_LOUDNESS.index(item.severity), item.id)
    )
    return render_template(
        "organiser/console.html",
        races=races,
        chosen=_chosen(races, request.args.get("race")),
        playbooks=playbooks,
        running=_running(),
        past=list_past(services=found, race_id=current_user.account.race_id),
        names={item.id: item.name for item in playbooks},
    )


@organiser
def running() -> ResponseReturnValue:
    """Show the part of the first page that changes by itself."""
    return render_template("organiser/running.html", running=_running())


def _chosen(races: tuple[ListedRace, ...], asked: str | None) -> ListedRace | None:
    """Return the race that is asked for; the only one, if there is no choice."""
    chosen = next((item for item in races if item.race.id == asked), None)
    return races[0] if chosen is None and len(races) == 1 else chosen


def _running() -> list[Running]:
    found = services()
    active = all_shown(services=found, active_only=True)
    return [_with_progress(item) for item in active if current_user.may_see(item.race.id)]


def _with_progress(item: Shown) -> Running:
    found = services()
    state = recent_status(item.incident_id)
    return Running(
        incident=item,
        playbook=found.playbooks.get(item.playbook_id),
        status=state,
        progress=progress_of(state, found.now()),
    )
