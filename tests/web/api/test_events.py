"""The event stream over HTTP: a trigger is on it, and it resumes where it was left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from notify.web.live import MAX_LISTENERS
from notify.web.server import THREADS
from tests.usecases.scene import Scene
from tests.web.each_database import ON_EACH_DATABASE


def _events(client, path: str = "/api/v1/events", **headers: str):
    answer = client.get(path, headers=headers, buffered=False)
    return iter(answer.response), answer


def _next(stream: Iterator[bytes]) -> tuple[str, dict[str, Any]]:
    """Return id and data of the next event."""
    for chunk in stream:
        lines = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
        if "data" in lines:
            return lines["id"], json.loads(lines["data"])
    raise AssertionError("the stream ended")


@ON_EACH_DATABASE
def test_a_trigger_is_on_the_stream_and_a_reconnect_resumes(api, scene: Scene):
    stream, answer = _events(api.test_client())
    assert "none" == _next(stream)[0]

    launched = scene.trigger()
    version, shown = _next(stream)

    assert answer.mimetype == "text/event-stream"
    assert ("no-store", "no") == (
        answer.headers["Cache-Control"],
        answer.headers["X-Accel-Buffering"],
    )
    assert [launched.incident_id] == [each["incident"] for each in shown["incidents"]]
    assert version == shown["version"] == f"{launched.incident_id}.1"

    back, _answer = _events(api.test_client(), **{"Last-Event-ID": version})
    scene.trigger(drill=True)
    assert 2 == len(_next(back)[1]["incidents"])
    missed, _answer = _events(api.test_client(), **{"Last-Event-ID": "none"})
    assert 2 == len(_next(missed)[1]["incidents"])


def test_the_stream_says_what_the_list_says(api, scene: Scene):
    scene.trigger()
    client = api.test_client()

    _version, shown = _next(_events(client)[0])

    assert client.get("/api/v1/incidents/active").json == shown


def test_drills_can_be_left_out(api, scene: Scene):
    scene.trigger(drill=True)

    _version, shown = _next(_events(api.test_client(), "/api/v1/events?drills=false")[0])

    assert [] == shown["incidents"]


def test_too_many_streams_are_refused_while_threads_are_left_for_pages(api):
    client = api.test_client()
    streams = [_events(client)[0] for _each in range(MAX_LISTENERS)]
    for stream in streams:
        next(stream)

    refused = client.get("/api/v1/events")

    assert MAX_LISTENERS < THREADS
    assert (503, "10") == (refused.status_code, refused.headers["Retry-After"])
    assert 200 == client.get("/healthz").status_code
