"""The three steps that every notice goes through: facts, review, send.

Facts travel in the form from page to page and never in an address; nothing is written before the
last step. ``Intent`` is what differs between starting an incident and following one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from notify.content import ContentError
from notify.domain.facts import FactError
from notify.domain.notice import NoticeKind
from notify.domain.playbook import Playbook
from notify.domain.race import Race
from notify.usecases.compose import Request, compose
from notify.usecases.errors import (
    AlreadyActive,
    Changed,
    FactsRefused,
    NobodyAffected,
    RequestReused,
)
from notify.usecases.launch import Launched
from notify.usecases.preview import Preview, preview_of
from notify.web.context import services
from notify.web.organiser.answers import Answers, fresh_request_id, hidden_facts, posted_answers
from notify.web.organiser.fields import facts_said, fields_of
from notify.web.organiser.progress import forget_status
from notify.web.organiser.reviewing import review_of
from notify.web.security import allow_sources


@dataclass(frozen=True)
class Problem:
    """Why nothing can be sent, beyond single facts; ``running`` is the incident in the way."""

    said: str = ""
    details: Sequence[str] = ()
    running: str = ""


@dataclass(frozen=True)
class Intent:
    """What the organiser is about to do.

    ``first`` are the answers a fresh form starts with, ``request`` what a review asks for,
    ``launch`` what a confirmation does. ``drill`` is set when there is no choice left.
    """

    heading: str
    lead: str
    first_step: str
    playbook: Playbook
    race: Race
    kinds: Sequence[NoticeKind]
    endpoint: str
    address: dict[str, Any]
    back: str
    first: Callable[[], Answers]
    request: Callable[[Answers, Connection], Request]
    launch: Callable[[Answers], Launched]
    drill: bool | None = None

    def url(self, step: str = "") -> str:
        """Return the address of a step: ``review``, ``edit``, ``send`` or the form itself."""
        if step:
            return url_for(f"organiser.{self.endpoint}_step", **self.address, step=step)
        return url_for(f"organiser.{self.endpoint}", **self.address)

    def is_drill(self, answers: Answers) -> bool:
        """Return whether the notice will be a drill."""
        return answers.drill if self.drill is None else self.drill


Step = Callable[[Intent, Answers], ResponseReturnValue]


def show_form(intent: Intent) -> ResponseReturnValue:
    """Show the form as it starts."""
    return _form(intent, intent.first())


def take_step(intent: Intent, step: str) -> ResponseReturnValue:
    """Carry out a step that was posted; a step that is only looked at leads back to the form."""
    if request.method != "POST":
        return redirect(intent.url(), 303)
    answers = posted_answers(intent.playbook, intent.kinds, services())
    steps: dict[str, Step] = {"edit": _form, "review": _review, "send": _send}
    try:
        return steps[step](intent, answers)
    except FactsRefused as refused:
        return _form(intent, answers, errors=refused.errors)
    except (NobodyAffected, ContentError, AlreadyActive) as refused:
        return _form(intent, answers, problem=_problem(intent, answers, refused))


def _send(intent: Intent, answers: Answers) -> ResponseReturnValue:
    try:
        launched = intent.launch(answers)
    except Changed:
        return _review(intent, answers, changed=True)
    except RequestReused:
        # Gone back after sending, and changed something: that is a new intention, to be looked at.
        anew = replace(answers, request_id=fresh_request_id(services()))
        return _review(intent, anew, changed=True)
    forget_status(launched.incident_id)
    return redirect(url_for("organiser.incident", code=launched.incident_id), 303)


def _review(intent: Intent, answers: Answers, *, changed: bool = False) -> ResponseReturnValue:
    found = services()
    with found.database.read() as connection:
        draft = compose(intent.request(answers, connection), connection=connection, services=found)
        preview: Preview = preview_of(draft, connection=connection, services=found)
    review = review_of(preview, intent.playbook, intent.race)
    allow_sources("style-src", review.style_sources)
    page = render_template(
        "organiser/review.html",
        intent=intent,
        answers=answers,
        preview=preview,
        review=review,
        facts=facts_said(intent.playbook, intent.race, preview.facts),
        hidden=hidden_facts(answers),
        changed=changed,
    )
    return page, 409 if changed else 200


def _form(
    intent: Intent,
    answers: Answers,
    errors: Sequence[FactError] = (),
    problem: Problem | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "organiser/facts.html",
        intent=intent,
        answers=answers,
        fields=fields_of(intent.playbook, intent.race, answers, errors),
        now=services().now(),
        problem=problem,
    )
    if problem:
        return page, 409 if problem.running else 422
    return page, 422 if errors else 200


def _problem(intent: Intent, answers: Answers, refused: Exception) -> Problem:
    if isinstance(refused, AlreadyActive):
        return Problem(running=refused.incident)
    if isinstance(refused, ContentError):
        said = _("The wording of this playbook cannot be used as it is; nothing was sent.")
        return Problem(said, details=refused.errors)
    channels = services().channels
    live = not intent.is_drill(answers)
    if live and not any(channels[name].on for name in intent.playbook.channels):
        return Problem(
            _(
                "Every channel of this playbook is off, so nothing can be sent. “notify check” "
                "says which settings are missing. A drill is possible all the same."
            )
        )
    return Problem(
        _(
            "Nobody who can be reached is affected by these facts, so there is nobody to send "
            "to. Check the courses, waves and times, and that registrants are imported."
        )
    )
