"""Starting an incident: a playbook on a race."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from notify.domain.notice import NoticeKind
from notify.usecases.compose import Request
from notify.usecases.errors import Unknown
from notify.usecases.launch import Launched
from notify.usecases.trigger import Trigger, trigger
from notify.web.access import organiser
from notify.web.context import services
from notify.web.i18n import in_language
from notify.web.organiser.answers import Answers, first_answers
from notify.web.organiser.flow import Intent, show_form, take_step
from notify.web.organiser.scope import race_in_scope


def register(blueprint: Blueprint) -> None:
    """Add the form and its steps."""
    address = "/start/<race_id>/<playbook_id>"
    blueprint.add_url_rule(address, view_func=start)
    blueprint.add_url_rule(
        f"{address}/<any(review, edit, send):step>", view_func=start_step, methods=["GET", "POST"]
    )


@organiser
def start(race_id: str, playbook_id: str) -> ResponseReturnValue:
    """Ask for the facts."""
    return show_form(_intent(race_id, playbook_id))


@organiser
def start_step(race_id: str, playbook_id: str, step: str) -> ResponseReturnValue:
    """Review the notice, go back to the facts, or send it."""
    return take_step(_intent(race_id, playbook_id), step)


def _intent(race_id: str, playbook_id: str) -> Intent:
    found = services()
    race = race_in_scope(race_id)
    playbook = found.playbooks.get(playbook_id)
    if playbook is None:
        raise Unknown("playbook", playbook_id, sorted(found.playbooks))
    kinds = [kind for kind in (NoticeKind.ALERT, NoticeKind.HOLDING) if kind in playbook.kinds]

    def request(answers: Answers, _connection: Connection | None = None) -> Request:
        return Request(
            playbook_id=playbook.id,
            race_id=race.id,
            typed=answers.typed,
            request_id=answers.request_id,
            kind=answers.kind,
            drill=answers.drill,
            issued_at=answers.issued_at,
        )

    def launch(answers: Answers) -> Launched:
        command = Trigger(request(answers), actor=current_user.email, seen=answers.seen)
        return trigger(command, services=found)

    return Intent(
        heading=in_language(playbook.name),
        lead=in_language(playbook.summary),
        first_step=_("Playbook"),
        playbook=playbook,
        race=race,
        kinds=kinds,
        endpoint="start",
        address={"race_id": race.id, "playbook_id": playbook.id},
        back=url_for("organiser.console", race=race.id),
        first=lambda: first_answers(playbook, kinds[0], found),
        request=request,
        launch=launch,
    )
