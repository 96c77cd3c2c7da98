"""Who is signed in, and the token that requests which change something must bear."""

from __future__ import annotations

from flask import Response, jsonify
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from notify.web.access import user
from notify.web.api.describing import Operation, part
from notify.web.api.schemas import SessionAnswer

blueprint = part("session", "Who is asking")


@Operation(blueprint, "/session", gives=SessionAnswer)
@user
def session() -> Response:
    """Return the signed-in user's role and the token to send as `X-CSRFToken`."""
    return jsonify(
        {"role": current_user.role, "race": current_user.account.race_id, "csrf": generate_csrf()}
    )
