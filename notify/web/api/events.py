"""The stream of what is shown, for pages that must follow at once."""

from __future__ import annotations

import json
from typing import cast

from flask import Flask, Response, current_app, jsonify, request

from notify.usecases.services import Services
from notify.usecases.shown import all_shown, shown_version
from notify.web.access import public
from notify.web.api.answers import answer as refusal
from notify.web.api.describing import Operation, part
from notify.web.api.schemas import DrillsQuery
from notify.web.documents import incident_document
from notify.web.live import MAX_LISTENERS, Announcing, Event, Live

blueprint = part("events", "Following along")

_EXTENSION = "notify.live"


def install_live(app: Flask) -> None:
    """Give the application its watcher; it starts with the first page that listens."""
    services = cast("Services", app.extensions["notify"])
    bell = services.bell
    app.extensions[_EXTENSION] = Live(
        version=lambda: shown_version(services=services),
        look=lambda version: _look(version, services),
        bell=bell if isinstance(bell, Announcing) else None,
    )


def live() -> Live:
    """Return the watcher of the application that answers."""
    return cast("Live", current_app.extensions[_EXTENSION])


@Operation(
    blueprint,
    "/events",
    gives={"type": "string"},
    takes=[(DrillsQuery, "query")],
    content_type="text/event-stream",
)
@public
def events(query: dict[str, bool]) -> Response:
    """Follow the active incidents as server-sent events.

    Events are named `incidents`; their data is what `/incidents/active` answers, their id a version
    to be sent back as `Last-Event-ID`. 503: too many listen; look at `/incidents/active` meanwhile.
    """
    if live().listeners >= MAX_LISTENERS:
        document, status = refusal(503, "Too many pages listen; look at /incidents/active instead.")
        full = jsonify(document)
        full.status_code, full.headers["Retry-After"] = status, "10"
        return full
    stream = live().stream(request.headers.get("Last-Event-ID"), drills=query["drills"])
    answer = Response(stream, mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    # nginx would otherwise gather events until its buffer is full.
    answer.headers["X-Accel-Buffering"] = "no"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _look(version: str, services: Services) -> Event:
    items = all_shown(services=services, active_only=True)
    documents = [incident_document(item, services.links) for item in items]
    real = [document for document in documents if not document["drill"]]
    return Event(version, _text(version, real), _text(version, documents))


def _text(version: str, incidents: list[dict[str, object]]) -> str:
    return json.dumps({"version": version, "incidents": incidents}, ensure_ascii=False)
