"""Every refusal as an HTTP answer: one table from error to status, as a page or as JSON."""

from __future__ import annotations

from flask import Flask, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from notify.content import ContentError
from notify.logs import logger
from notify.store.engine import Conflict
from notify.usecases.errors import (
    AlreadyActive,
    Changed,
    FactsRefused,
    NobodyAffected,
    NotAllowed,
    NotPublished,
    Refused,
    RequestReused,
    Unknown,
)
from notify.web.access import wants_json
from notify.web.i18n import language

log = logger(__name__)

STATUS: dict[type[Exception], int] = {
    Unknown: 404,
    AlreadyActive: 409,
    Changed: 409,
    Conflict: 409,
    NotAllowed: 409,
    ContentError: 422,
    FactsRefused: 422,
    NobodyAffected: 422,
    RequestReused: 409,
    NotPublished: 503,
    OperationalError: 503,
    DataError: 422,  # a character no text column takes, such as NUL
    Refused: 422,
}

_SAYS_NOTHING = (Conflict, OperationalError, DataError)
"""Errors whose own text is for programmers."""


def install_errors(app: Flask) -> None:
    """Answer refusals and failures; nobody ever sees a traceback."""
    for error, status in STATUS.items():
        app.register_error_handler(error, _refusal(status))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failure)


def error_answer(status: int, detail: str = "") -> ResponseReturnValue:
    """Return an error as JSON or as a page; ``detail`` says what is wrong with this request."""
    if wants_json():
        message = detail or _title(status)
        return jsonify({"code": status, "message": message, "errors": {}}), status
    page = {"status": status, "heading": _title(status), "said": _advice(status, detail)}
    if status < 500:
        return render_template("error.html", **page), status
    # Without what Flask adds to a page: it would ask the database who is signed in.
    return current_app.jinja_env.get_template("error.html").render(page), status


def _refusal(status: int):  # type: ignore[no-untyped-def]
    def answer(error: Exception) -> ResponseReturnValue:
        if isinstance(error, OperationalError):
            log.error("web.database_unreachable", reason=type(error.orig).__name__)
        return error_answer(status, "" if isinstance(error, _SAYS_NOTHING) else str(error))

    return answer


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    return error_answer(error.code)


def _failure(error: Exception) -> ResponseReturnValue:
    # With its traceback: somebody must change code.
    log.error("web.failed", error=type(error).__name__, exc_info=error)
    return error_answer(500)


def _advice(status: int, detail: str) -> list[str]:
    """Return what to do, and what exactly is wrong for those who read the use cases' English."""
    said = [detail] if detail and language() == "en" else []
    if status == 409:
        said.append(
            _(
                "Perhaps somebody else changed or closed it just now, or you did in another "
                "window. Look at it again; nothing was sent by this press."
            )
        )
    return said


def _title(status: int) -> str:
    titles: dict[int, str] = {
        400: _("This form is out of date. Go back, reload the page and try again."),
        401: _("Sign in first."),
        403: _("You may not see this page."),
        404: _("There is no such page."),
        405: _("This address cannot be used like that."),
        409: _("Something changed in the meantime."),
        413: _("That is too much for one request."),
        422: _("This cannot be done as it stands."),
        429: _("Too many attempts. Wait a minute, then try again."),
        503: _("The database cannot be reached. Nothing was lost; try again in a moment."),
    }
    other: str = _("Something went wrong on our side. Nothing was sent by this page.")
    return titles.get(status, other)
