"""Refusals as the API says them: ``{code, message, errors}``, nothing about our insides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from notify.logs import logger
from notify.store.engine import Conflict
from notify.usecases.errors import AlreadyActive, FactsRefused
from notify.web.errors import STATUS

log = logger(__name__)

MESSAGES = {
    400: "The request cannot be read.",
    401: "Sign in first.",
    403: "Your role may not do this.",
    404: "There is no such address.",
    405: "This address cannot be used with this method.",
    409: "Something changed in the meantime; look again, then repeat.",
    413: "The request is too large.",
    422: "The request has errors; see errors.",
    429: "Too many requests; wait a minute.",
    503: "The database cannot be reached; nothing was done, try again in a moment.",
}
_BROKEN = "Something went wrong on our side."

_SAYS_NOTHING = (Conflict, OperationalError, DataError)
"""Errors whose own text is for programmers."""


class ErrorDocument(Schema):
    """What every refusal looks like."""

    code = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    message = fields.String(required=True, metadata={"description": "What is wrong; what to do."})
    errors = fields.Dict(
        required=True, metadata={"description": "What is wrong with each field or fact, by name."}
    )


def install_answers(blueprint: Blueprint) -> None:
    """Answer every refusal of the blueprint's views as an ``ErrorDocument``."""
    for error, status in STATUS.items():
        blueprint.register_error_handler(error, _refusal(status))
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _failure)


def answer(code: int, message: str = "", errors: dict[str, Any] | None = None) -> tuple[Any, int]:
    """Return a refusal."""
    said = message or MESSAGES.get(code, _BROKEN)
    return {"code": code, "message": said, "errors": errors or {}}, code


def _refusal(status: int) -> Callable[[Exception], ResponseReturnValue]:
    def refuse(error: Exception) -> ResponseReturnValue:
        if isinstance(error, OperationalError):
            log.error("api.database_unreachable", reason=type(error.orig).__name__)
        return answer(
            status, "" if isinstance(error, _SAYS_NOTHING) else str(error), _details(error)
        )

    return refuse


def _details(error: Exception) -> dict[str, Any]:
    if isinstance(error, FactsRefused):
        return {"facts": {each.fact: [each.message] for each in error.errors}}
    if isinstance(error, AlreadyActive):
        return {"incident": [error.incident]}
    return {}


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    errors = (getattr(error, "data", None) or {}).get("messages", {})
    # webargs says where a field came from: {"json": {"facts": [...]}}
    merged = {name: texts for part in errors.values() for name, texts in _named(part)}
    body, code = answer(error.code, "", merged)
    allow = error.get_response().headers.get("Allow")
    return body, code, {"Allow": allow} if allow else {}


def _named(part: Any) -> list[tuple[str, Any]]:
    return list(part.items()) if isinstance(part, dict) else [("request", part)]


def _failure(error: Exception) -> ResponseReturnValue:
    log.exception("api.failed", error=type(error).__name__)  # noqa: LOG004 - Flask handles it now
    return answer(500)
