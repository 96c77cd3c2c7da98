"""JSON for other software, described by OpenAPI 3.1, and what operators' tools ask."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from notify.web.access import declare
from notify.web.api import events, faq, incidents, manual, operations, session
from notify.web.api.answers import ErrorDocument
from notify.web.api.events import install_live

PARTS = (incidents.blueprint, faq.blueprint, events.blueprint, session.blueprint)

_SPEC = {
    "API_TITLE": "notify",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api",
    "OPENAPI_JSON_PATH": "openapi.json",
}


class _Api(Api):  # type: ignore[misc]
    """Describes the API; refusals of the whole site are answered elsewhere."""

    ERROR_SCHEMA = ErrorDocument

    def _register_error_handlers(self) -> None:
        """Leave the application's error handlers as they are."""


def install_api(app: Flask) -> None:
    """Add the API, its description and the operators' addresses to the application."""
    app.config.update(_SPEC)
    install_live(app)
    api = _Api(app)
    for part in PARTS:
        api.register_blueprint(part)
    declare(app, "api-docs.openapi_json", "public")
    app.extensions[manual.EXTENSION] = api.spec
    app.register_blueprint(manual.blueprint)
    app.register_blueprint(operations.blueprint)
