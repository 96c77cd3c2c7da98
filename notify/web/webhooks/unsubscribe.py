"""Taking an address off e-mail: one click in the mailbox (RFC 8058), or a page with a button."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notify.usecases.opt_out import opt_out_of_email
from notify.web.access import signed
from notify.web.context import services
from notify.web.counts import counts


def register(blueprint: Blueprint) -> None:
    """Add the address in every e-mail's ``List-Unsubscribe``."""
    blueprint.add_url_rule("/unsubscribe/<token>", view_func=ask, methods=["GET"])
    blueprint.add_url_rule("/unsubscribe/<token>", view_func=unsubscribe, methods=["POST"])


@signed
def ask(token: str) -> ResponseReturnValue:
    """Ask first: mail scanners follow links, and must not take anybody off."""
    if services().links.read_unsubscribe(token) is None:
        return _unknown()
    return render_template("public/unsubscribe.html", done=False)


@signed
def unsubscribe(token: str) -> ResponseReturnValue:
    """Send no more e-mail to the address this link was sent to."""
    delivery = services().links.read_unsubscribe(token)
    if delivery is None or not opt_out_of_email(delivery, services=services()):
        return _unknown()
    return render_template("public/unsubscribe.html", done=True)


def _unknown() -> ResponseReturnValue:
    counts().refused.labels("unsubscribe", "token").inc()
    return render_template("public/unknown.html", what="unsubscribe", code=""), 404
