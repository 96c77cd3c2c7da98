"""One decorator for an operation of the API: its address, what it takes, what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

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


def part(name: str, description: str) -> Blueprint:
    """Return an empty part of the API, whose refusals are ``ErrorDocument``s."""
    blueprint = Blueprint(name, __name__, url_prefix=ROOT, description=description)
    install_answers(blueprint)
    return blueprint
