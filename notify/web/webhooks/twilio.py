"""Twilio's callbacks: what became of a message, and what people answer."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from notify.channels.twilio_sms import parse_status_callback, valid_signature
from notify.logs import logger
from notify.usecases.opt_out import read_reply
from notify.usecases.receive import Received, receive
from notify.web.access import signed
from notify.web.context import services
from notify.web.counts import counts

log = logger(__name__)

MAX_BODY = 16 * 1024
"""Bytes. A callback has about 600, a reply of 1,600 characters at most 10,000."""

_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def register(blueprint: Blueprint) -> None:
    """Add Twilio's addresses."""
    blueprint.add_url_rule("/webhooks/twilio/status/<token>", view_func=status, methods=["POST"])
    blueprint.add_url_rule("/webhooks/twilio/inbound", view_func=inbound, methods=["POST"])


@signed
def status(token: str) -> ResponseReturnValue:
    """Take the receipt of one attempt at one delivery; the address says which."""
    form = _form("status")
    named = services().links.read_receipt(token)
    if named is None:
        _refuse("status", "token", 403)
    _check_signature("status", form)
    delivery, attempt = named
    try:
        receipt = parse_status_callback(form.to_dict(), delivery, attempt)
    except ValueError:
        # Signed by Twilio, but of a kind we do not know: repeating it would not help.
        counts().refused.labels("status", "kind").inc()
        return "", 204
    received = receive(receipt, services=services())
    counts().receipts.labels(_outcome(received)).inc()
    return "", 204


@signed
def inbound() -> ResponseReturnValue:
    """Take a reply: the words that opt out and in take effect at once."""
    form = _form("inbound")
    _check_signature("inbound", form)
    sender, message_id = form.get("From", ""), form.get("MessageSid", "")
    if not sender or not message_id:
        _refuse("inbound", "fields", 400)
    # Twilio says itself when a Messaging Service has taken the reply for an opt-out.
    text = form.get("OptOutType") or form.get("Body", "")
    read_reply(sender=sender, text=text, message_id=message_id, services=services())
    return Response(_NOTHING_TO_SAY, mimetype="text/xml")


def _form(webhook: str) -> MultiDict[str, str]:
    request.max_content_length = MAX_BODY
    try:
        return request.form
    except RequestEntityTooLarge:
        _refuse(webhook, "size", 413)


def _check_signature(webhook: str, form: MultiDict[str, str]) -> None:
    twilio = services().settings.twilio
    # The public address, not the one a proxy in front of us made of it.
    path = request.full_path if request.query_string else request.path
    url = services().links.absolute(path)
    given = request.headers.get("X-Twilio-Signature")
    if twilio is None or not valid_signature(url, form, given, twilio.auth_token):
        _refuse(webhook, "signature", 403)


def _refuse(webhook: str, reason: str, code: int) -> NoReturn:
    counts().refused.labels(webhook, reason).inc()
    log.warning("webhook.refused", webhook=webhook, reason=reason)
    abort(code)


def _outcome(received: Received) -> str:
    if not received.known:
        return "unknown"
    if not received.new:
        return "repeated"
    return "folded" if received.folded else "late"
