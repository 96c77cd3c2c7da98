"""What agents see: what is going on now, and the words to answer with."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from notify.usecases.shown import all_shown, shown_version
from notify.web.access import agent
from notify.web.context import services
from notify.web.desk.board import Board, board_of
from notify.web.live import NOTHING_ACTIVE

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@agent
def desk() -> ResponseReturnValue:
    """Show the desk; a script keeps the board up to date, without it a reload does."""
    return render_template("desk/desk.html", board=_board())


@blueprint.get("/desk/board")
@agent
def board() -> Response:
    """Return the changing part of the desk, for the script."""
    answer = make_response(render_template("desk/board.html", board=_board()))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _board() -> Board:
    # The version first: what is read after it can only be newer, and is then asked for again.
    version = shown_version(services=services()) or NOTHING_ACTIVE
    items = all_shown(services=services(), active_only=False)
    mine = [item for item in items if current_user.may_see(item.race.id)]
    return board_of(mine, version=version, now=services().now())
