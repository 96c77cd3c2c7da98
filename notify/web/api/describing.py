"""One decorator for an operation of the API: its address, what it takes, what it gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser

from notify.web.api.answers import install_answers

View = TypeVar("View", bound=Callable[..., Any])

ROOT = "/api/v1"


@dataclass(frozen=True)
class Operation:
    """One operation. ``takes`` are schemas and where each is read: json, query or headers."""

    blueprint: Blueprint
    rule: str
    gives: type[Schema] | dict[str, Any]
    method: str = "GET"
    takes: Sequence[tuple[type[Schema], str]] = ()
    status: int = 200
    content_type: str = "application/json"

    def __call__(self, view: View) -> View:
        """Add ``view`` as this operation; it gets what each schema loaded, in order."""
        options = {"content_type": self.content_type}
        described = self.blueprint.response(self.status, self.gives, **options)(view)
        for schema, where in reversed(self.takes):
            described = self.blueprint.arguments(schema, location=where)(described)
        self.blueprint.route(self.rule, methods=[self.method])(described)
        return view


class _Parser(FlaskParser):
    """Reads requests; JSON too deep, or with a number too long, for Python is bad JSON."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the body, or answer 400."""
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError):
            return self._handle_invalid_json_error(json.JSONDecodeError("", "", 0), req)


class _Part(Blueprint):  # type: ignore[misc]
    """A part of the API that reads requests with our parser."""

    ARGUMENTS_PARSER = _Parser()


def part(name: str, description: str) -> Blueprint:
    """Return an empty part of the API, whose refusals are ``ErrorDocument``s."""
    blueprint = _Part(name, __name__, url_prefix=ROOT, description=description)
    install_answers(blueprint)
    return blueprint
