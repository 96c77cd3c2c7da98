"""Following an incident: update it, correct it, give the all-clear."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from notify.domain.notice import NoticeKind
from notify.usecases.compose import Request
from notify.usecases.current_facts import current_facts
from notify.usecases.errors import NotAllowed
from notify.usecases.launch import Launched
from notify.usecases.revise import Revise, following_request, revise
from notify.web.access import organiser
from notify.web.context import services
from notify.web.i18n import in_language
from notify.web.organiser.answers import Answers, stored_answers
from notify.web.organiser.flow import Intent, show_form, take_step
from notify.web.organiser.scope import incident_in_scope

KINDS = {
    "update": NoticeKind.UPDATE,
    "correct": NoticeKind.CORRECTION,
    "all-clear": NoticeKind.ALL_CLEAR,
}


def register(blueprint: Blueprint) -> None:
    """Add the three forms and their steps."""
    address = "/incidents/<code>/<any(update, correct, 'all-clear'):what>"
    blueprint.add_url_rule(address, view_func=follow)
    blueprint.add_url_rule(
        f"{address}/<any(review, edit, send):step>", view_func=follow_step, methods=["GET", "POST"]
    )


@organiser
def follow(code: str, what: str) -> ResponseReturnValue:
    """Show the facts as they stand, to be changed."""
    return show_form(_intent(code, what))


@organiser
def follow_step(code: str, what: str, step: str) -> ResponseReturnValue:
    """Review the notice, go back to the facts, or send it."""
    return take_step(_intent(code, what), step)


def _intent(code: str, what: str) -> Intent:
    found, kind = services(), KINDS[what]
    incident = incident_in_scope(code)
    playbook = found.playbooks.get(incident.playbook_id)
    if playbook is None:
        raise NotAllowed(f"the playbook {incident.playbook_id} is not there any more")

    def command(answers: Answers) -> Revise:
        return Revise(
            incident_id=code,
            kind=kind,
            typed=answers.typed,
            request_id=answers.request_id,
            actor=current_user.email,
            seen=answers.seen,
            issued_at=answers.issued_at,
        )

    def request(answers: Answers, connection: Connection) -> Request:
        return following_request(connection, command(answers))

    def launch(answers: Answers) -> Launched:
        return revise(command(answers), services=found)

    heading, lead = _words(kind)
    return Intent(
        heading=_("%(kind)s: %(playbook)s", kind=heading, playbook=in_language(playbook.name)),
        lead=lead,
        first_step=_("Incident"),
        playbook=playbook,
        race=incident.race,
        kinds=[kind],
        endpoint="follow",
        address={"code": code, "what": what},
        back=url_for("organiser.incident", code=code),
        first=lambda: stored_answers(current_facts(code, services=found), kind, found),
        request=request,
        launch=launch,
        drill=incident.drill,
    )


def _words(kind: NoticeKind) -> tuple[str, str]:
    if kind is NoticeKind.UPDATE:
        return _("Update"), _(
            "Something has changed. Everybody who was told is told again, and whoever is affected "
            "now. Messages of the earlier notice that have not left are withdrawn."
        )
    if kind is NoticeKind.CORRECTION:
        return _("Correction"), _(
            "The earlier notice was wrong. Exactly those who have it, or may have it, are told; "
            "what has not left of it is withdrawn."
        )
    return _("All clear"), _(
        "It is over. Exactly those who were told are told so, and the incident is closed."
    )
