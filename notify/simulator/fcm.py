"""Firebase Cloud Messaging HTTP v1: its send endpoint, error documents, and tokens that steer."""

from __future__ import annotations

import asyncio
import json
import os
import re
from functools import partial
from typing import Any
from urllib.parse import unquote

from notify.simulator import effects
from notify.simulator.config import SimulatorConfig
from notify.simulator.effects import Attempt
from notify.simulator.faults import Effect, Faults
from notify.simulator.fcm_fields import Violation, violations
from notify.simulator.http import Request
from notify.simulator.log import AcceptanceLog, Done
from notify.simulator.oauth import TokenEndpoint

MAX_PAYLOAD = 4096  # bytes of the message without its address
TARGETS = ("token", "topic", "condition", "fid")
TOPIC = re.compile(r"(/topics/)?[a-zA-Z0-9\-_.~%]+")
RESERVED = re.compile(r"from$|message_type$|google|gcm")
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
# FCM's error code: (HTTP status, canonical status, message)
ERRORS: dict[str, tuple[int, str, str]] = {
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "UNREGISTERED": (404, "NOT_FOUND", "Requested entity was not found."),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED", "SenderId mismatch"),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric."),
    "UNAVAILABLE": (503, "UNAVAILABLE", "The service is currently unavailable."),
    "INTERNAL": (500, "INTERNAL", "Internal error encountered."),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED", "Request is missing APNs authentication."),
}
BY_STATUS = {status: code for code, (status, _, _) in ERRORS.items()}
UNAUTHENTICATED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie"
    " or other valid authentication credential."
)
# The part of a token before its first dash decides, so that any test can steer without a plan.
STEERED = {
    "unregistered": Effect("error", code="UNREGISTERED"),
    "mismatch": Effect("error", code="SENDER_ID_MISMATCH"),
    "quota": Effect("error", code="QUOTA_EXCEEDED", retry_after=60),
    "unavailable": Effect("error", code="UNAVAILABLE", retry_after=5),
    "internal": Effect("error", code="INTERNAL"),
    "invalid": Effect(
        "error",
        code="INVALID_ARGUMENT",
        message="The registration token is not a valid FCM registration token",
    ),
}


class FcmApi:
    """Serves `POST /v1/projects/{project}/messages:send`."""

    def __init__(
        self,
        config: SimulatorConfig,
        log: AcceptanceLog,
        faults: Faults,
        tokens: TokenEndpoint,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._now = config.now
        self._log = log
        self._faults = faults
        self._tokens = tokens
        self._loop = loop
        self._latency = Effect("latency", seconds=config.latency_s) if config.latency_s else None
        self._project = config.fcm_project_id
        self._run = os.urandom(4).hex()
        self._accepted = 0

    def __call__(self, request: Request) -> None:
        """Answer one request below /v1/projects/."""
        path = unquote(request.path) if "%" in request.path else request.path
        project, _, rest = path.removeprefix("/v1/projects/").partition("/")
        if rest != "messages:send":
            _error(request, 404, "NOT_FOUND", f"The path {request.path} was not found.")
        elif request.method != "POST":
            _error(request, 405, "UNIMPLEMENTED", "Only POST is served here.")
        elif not self._tokens.good(request.headers.get(b"authorization")):
            _error(request, 401, "UNAUTHENTICATED", UNAUTHENTICATED)
        elif self._project not in (None, project):
            _error(request, 403, "PERMISSION_DENIED", f"Permission denied on project {project}.")
        else:
            self._send(request, project)

    def _send(self, request: Request, project: str) -> None:
        try:
            document = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            _error(request, 400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
            return
        if not isinstance(document, dict):
            _error(request, 400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
            return
        if wrong := violations(document) or meaning(document, len(request.body)):
            _refuse_shape(request, wrong)
            return
        message = document["message"]
        if document.get("validateOnly") or document.get("validate_only"):
            request.answer(
                200, b'{"name":"projects/%b/messages/fake_message_id"}' % project.encode()
            )
            return
        self._deliver(request, project, message)

    def _deliver(self, request: Request, project: str, message: dict[str, Any]) -> None:
        at = self._now()
        self._accepted += 1
        name = f"projects/{project}/messages/0:{int(at * 1e6)}%{self._run}{self._accepted:08x}"
        body = b'{"name":"%b"}' % name.encode()
        target = next(str(message[field]) for field in TARGETS if message.get(field))
        effect = self._faults.answer("push", "send", target)
        effect = effect or STEERED.get(target.partition("-")[0]) or self._latency
        record = partial(self._record, request, name, target, at)
        if effect is None:
            record(partial(request.answer, 200, body))
            return
        refuse = partial(refuse_as, request)
        effects.perform(effect, Attempt(request, 200, body, "name", record, refuse), self._loop)

    def _record(self, request: Request, name: str, target: str, at: float, done: Done) -> None:
        """Log the message as it came: a JSON text stays one with its newlines made spaces."""
        head = json.dumps({"channel": "push", "name": name, "token": target, "at": at})
        raw = request.body.replace(b"\r", b" ").replace(b"\n", b" ")
        self._log.append("push", b'%b,"request":%b}' % (head[:-1].encode(), raw), done)


def meaning(document: dict[str, Any], size: int) -> list[Violation]:
    """Return what is wrong beyond the shape: the address, the size, reserved words."""
    message = document.get("message")
    if not message:
        return [Violation("message", "Request is missing the message.")]
    if wrong := _address(message):
        return [wrong]
    for key in message.get("data") or ():
        if RESERVED.match(key):
            return [Violation(f"message.data[{key}]", f"Invalid data payload key: {key}")]
    if size > MAX_PAYLOAD and _payload(message) > MAX_PAYLOAD:
        return [Violation("message", "Message is too big")]
    return []


def _address(message: dict[str, Any]) -> Violation | None:
    """Return what is wrong with the one target a message must have."""
    given = [field for field in TARGETS if message.get(field)]
    if not given:
        return Violation("message.token", "Recipient of the message is not set.")
    if len(given) > 1:
        text = f"oneof field 'target' is already set. Cannot set '{given[1]}'"
        return Violation("message", f"Invalid value at 'message' (oneof), {text}")
    if given == ["topic"] and not TOPIC.fullmatch(message["topic"]):
        return Violation("message.topic", "Invalid topic name")
    return None


def refuse_as(request: Request, effect: Effect) -> None:
    """Answer with the error a fault asks for; what it leaves out is what FCM would say."""
    code = str(effect.code) if effect.code else BY_STATUS.get(effect.status or 500, "INTERNAL")
    status, canonical, message = ERRORS.get(code, (effect.status or 500, code, "Request failed."))
    headers = b""
    if effect.retry_after is not None:
        headers = b"Retry-After: %d\r\n" % max(0, round(effect.retry_after))
    details = [{"@type": FCM_ERROR, "errorCode": code}]
    text = effect.message or message
    _error(request, effect.status or status, canonical, text, details, headers)


def _refuse_shape(request: Request, wrong: list[Violation]) -> None:
    details: list[dict[str, Any]] = [
        {
            "@type": BAD_REQUEST,
            "fieldViolations": [
                {"field": violation.field, "description": violation.description}
                for violation in wrong
            ],
        }
    ]
    text = "\n".join(violation.description for violation in wrong)
    if not text.startswith("Invalid JSON payload"):
        details.insert(0, {"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"})
    _error(request, 400, "INVALID_ARGUMENT", text, details)


def _error(
    request: Request,
    status: int,
    canonical: str,
    message: str,
    details: list[dict[str, Any]] | None = None,
    headers: bytes = b"",
) -> None:
    """Answer with Google's error document."""
    error: dict[str, Any] = {"code": status, "message": message, "status": canonical}
    if details:
        error["details"] = details
    request.answer(status, json.dumps({"error": error}).encode(), headers)


def _payload(message: dict[str, Any]) -> int:
    """Return the bytes of the message without its address."""
    content = {key: value for key, value in message.items() if key not in TARGETS}
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
