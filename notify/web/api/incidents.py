"""Incidents over the API: what is going on, preview, start, follow, stop, resume."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_login import current_user

from notify.domain.notice import NoticeKind
from notify.usecases.compose import Request
from notify.usecases.errors import Unknown
from notify.usecases.hold import Held, hold, release
from notify.usecases.launch import Launched
from notify.usecases.preview import Preview, preview
from notify.usecases.revise import Revise, following_request, revise
from notify.usecases.shown import all_shown, shown_version
from notify.usecases.status import status
from notify.usecases.trigger import Trigger, trigger
from notify.web.access import agent, organiser, public
from notify.web.api import schemas
from notify.web.api.describing import Operation, part
from notify.web.context import services
from notify.web.documents import incident_document, stamp
from notify.web.live import NOTHING_ACTIVE
from notify.web.organiser.answers import recent
from notify.web.organiser.scope import incident_in_scope

blueprint = part("incidents", "Incidents")

_ID = (schemas.RequestId, "headers")


@Operation(
    blueprint,
    "/incidents/active",
    gives=schemas.ActiveAnswer,
    takes=[(schemas.DrillsQuery, "query")],
)
@public
def active(query: dict[str, bool]) -> Response:
    """List the active incidents as anybody may know them."""
    version = shown_version(services=services()) or NOTHING_ACTIVE
    items = all_shown(services=services(), active_only=True, drills=query["drills"])
    answer = jsonify(
        {
            "version": version,
            "incidents": [incident_document(item, services().links) for item in items],
        }
    )
    # Help-desk pages of other origins show these; there is nothing here that is not public.
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@Operation(
    blueprint,
    "/incidents/<code>",
    gives=schemas.StatusAnswer,
)
@agent
def incident(code: str) -> Response:
    """Return how far an incident's newest notice has come."""
    found = status(code, services=services())
    _allow(found.race, Unknown("incident", code))
    return jsonify(found.as_json())


@Operation(
    blueprint,
    "/preview",
    gives=schemas.PreviewAnswer,
    method="POST",
    takes=[_ID, (schemas.PreviewRequest, "json")],
)
@organiser
def preview_start(request_id: dict[str, str], body: dict[str, Any]) -> Response:
    """Return what starting an incident would do; writes nothing."""
    return jsonify(_preview_document(preview(_request(request_id, body), services=services())))


@Operation(
    blueprint,
    "/incidents",
    gives=schemas.LaunchedAnswer,
    method="POST",
    takes=[_ID, (schemas.TriggerRequest, "json")],
    status=201,
)
@organiser
def start(request_id: dict[str, str], body: dict[str, Any]) -> tuple[Response, int]:
    """Start an incident and send its first notice; 200 if this very request did so before."""
    command = Trigger(
        request=_request(request_id, body),
        actor=current_user.email,
        seen=body["fingerprint"],
        break_glass=body["break_glass"],
    )
    return _launched(trigger(command, services=services()))


@Operation(
    blueprint,
    "/incidents/<code>/preview",
    gives=schemas.PreviewAnswer,
    method="POST",
    takes=[_ID, (schemas.RevisionPreview, "json")],
)
@organiser
def preview_revision(request_id: dict[str, str], body: dict[str, Any], code: str) -> Response:
    """Return what an update, correction or all-clear would do; writes nothing."""
    incident_in_scope(code)
    command = _revise(code, request_id, body)
    with services().database.read() as connection:
        request = following_request(connection, command)
    return jsonify(_preview_document(preview(request, services=services())))


@Operation(
    blueprint,
    "/incidents/<code>/revisions",
    gives=schemas.LaunchedAnswer,
    method="POST",
    takes=[_ID, (schemas.RevisionRequest, "json")],
    status=201,
)
@organiser
def follow(request_id: dict[str, str], body: dict[str, Any], code: str) -> tuple[Response, int]:
    """Update or correct an incident, or give the all-clear, which resolves it."""
    incident_in_scope(code)
    return _launched(revise(_revise(code, request_id, body), services=services()))


@Operation(
    blueprint,
    "/incidents/<code>/stop",
    gives=schemas.HeldAnswer,
    method="POST",
)
@organiser
def stop(code: str) -> Response:
    """Let no further message of the incident leave."""
    incident_in_scope(code)
    return _held(hold(code, actor=current_user.email, services=services()))


@Operation(
    blueprint,
    "/incidents/<code>/resume",
    gives=schemas.HeldAnswer,
    method="POST",
)
@organiser
def resume(code: str) -> Response:
    """Let the messages that were held leave."""
    incident_in_scope(code)
    return _held(release(code, actor=current_user.email, services=services()))


def _allow(race_id: str, refusal: Unknown) -> None:
    """Raise ``refusal`` for what belongs to a race that is not the user's work."""
    if not current_user.may_see(race_id):
        raise refusal


def _request(request_id: dict[str, str], body: dict[str, Any]) -> Request:
    _allow(body["race"], Unknown("race", body["race"]))
    return Request(
        playbook_id=body["playbook"],
        race_id=body["race"],
        typed=body["facts"],
        request_id=request_id["key"],
        kind=NoticeKind(body["kind"]),
        drill=body["drill"],
        issued_at=recent(body.get("issued_at"), services().now()),
    )


def _revise(code: str, request_id: dict[str, str], body: dict[str, Any]) -> Revise:
    return Revise(
        incident_id=code,
        kind=NoticeKind(body["kind"]),
        typed=body["facts"],
        request_id=request_id["key"],
        actor=current_user.email,
        seen=body.get("fingerprint"),
        issued_at=recent(body.get("issued_at"), services().now()),
    )


def _preview_document(shown_before: Preview) -> dict[str, Any]:
    plain = {
        name: getattr(shown_before, name)
        for name in (
            *("revision", "kind", "drill", "fingerprint", "people", "left_out"),
            *("by_language", "by_course", "by_wave", "by_group"),
        )
    }
    return {
        **plain,
        "playbook": shown_before.playbook_id,
        "race": shown_before.race_id,
        "incident": shown_before.incident_id,
        "facts": dict(shown_before.facts),
        "issued_at": stamp(shown_before.issued_at),
        "expires_at": stamp(shown_before.expires_at),
        "channels": {
            each.channel: {name: getattr(each, name) for name in schemas.ForecastAnswer().fields}
            for each in shown_before.channels
        },
        "off": dict(shown_before.off),
        "samples": [
            {name: getattr(sample, name) for name in schemas.SampleAnswer().fields}
            for sample in shown_before.samples
        ],
        "shown": {language: dict(texts) for language, texts in shown_before.shown.items()},
    }


def _launched(launched: Launched) -> tuple[Response, int]:
    links = services().links
    document = {
        "incident": launched.incident_id,
        "notice": launched.notice_id,
        "revision": launched.revision,
        "deliveries": dict(launched.deliveries),
        "committed_at": stamp(launched.committed_at),
        "published_at": stamp(launched.published_at),
        "repeated": launched.repeated,
        "urls": {
            "page": links.page(launched.incident_id),
            "console": links.console(launched.incident_id),
            "faq": links.faq(),
        },
    }
    return jsonify(document), 200 if launched.repeated else 201


def _held(held: Held) -> Response:
    return jsonify(
        {
            "incident": held.incident_id,
            "sent": held.sent,
            "in_flight": held.in_flight,
            "held": held.held,
            "changed": held.changed,
        }
    )
