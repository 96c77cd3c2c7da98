"""One incident: live progress, its facts and history; stop and resume."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from notify.usecases.current_facts import current_facts
from notify.usecases.hold import hold, release
from notify.usecases.shown import Shown
from notify.web.access import organiser
from notify.web.context import services
from notify.web.organiser.fields import facts_said
from notify.web.organiser.progress import forget_status, progress_of, recent_status
from notify.web.organiser.scope import incident_in_scope
from notify.web.words import number


def register(blueprint: Blueprint) -> None:
    """Add the incident's page and what can be done there."""
    blueprint.add_url_rule("/incidents/<code>", view_func=incident)
    blueprint.add_url_rule("/incidents/<code>/progress", view_func=progress)
    blueprint.add_url_rule("/incidents/<code>/stop", view_func=stop, methods=["POST"])
    blueprint.add_url_rule("/incidents/<code>/resume", view_func=resume, methods=["POST"])


@organiser
def incident(code: str) -> ResponseReturnValue:
    """Show everything about an incident."""
    found = incident_in_scope(code)
    playbook = services().playbooks.get(found.playbook_id)
    facts = current_facts(code, services=services())
    return render_template(
        "organiser/incident.html",
        playbook=playbook,
        facts=facts_said(playbook, found.race, facts) if playbook else [],
        **_seen(found),
    )


@organiser
def progress(code: str) -> ResponseReturnValue:
    """Show the part of the page that changes by itself."""
    return render_template("organiser/progress.html", **_seen(incident_in_scope(code)))


@organiser
def stop(code: str) -> ResponseReturnValue:
    """Let nothing more of the incident leave."""
    incident_in_scope(code)
    held = hold(code, actor=current_user.email, services=services())
    forget_status(code)
    said = _(
        "Stopped: %(held)s messages are held back, %(sent)s had left already.",
        held=number(held.held),
        sent=number(held.sent),
    )
    if held.in_flight:
        said += " " + _(
            "%(flight)s were leaving at that moment and may still arrive.",
            flight=number(held.in_flight),
        )
    flash(said, "watch")
    return redirect(url_for("organiser.incident", code=code), 303)


@organiser
def resume(code: str) -> ResponseReturnValue:
    """Let what was held leave."""
    incident_in_scope(code)
    held = release(code, actor=current_user.email, services=services())
    forget_status(code)
    flash(_("Resumed. %(held)s messages go on.", held=number(held.held)), "good")
    return redirect(url_for("organiser.incident", code=code), 303)


def _seen(found: Shown) -> dict[str, Any]:
    now = services().now()
    state = recent_status(found.incident_id)
    return {
        "incident": found,
        "status": state,
        "progress": progress_of(state, now),
        "now": now,
    }
