"""The first page: what is going on, and starting something."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notify.web.access import organiser


def register(blueprint: Blueprint) -> None:
    """Add the first page."""
    blueprint.add_url_rule("/", view_func=console)


@organiser
def console() -> ResponseReturnValue:
    """Show active incidents and the playbooks that can be started."""
    return render_template("organiser/console.html")
