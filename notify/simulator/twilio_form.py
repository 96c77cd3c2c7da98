"""The form of Twilio's create call: read fast, refused for what Twilio refuses."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from notify.simulator.twilio_errors import Refused

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
SERVICE = re.compile(r"MG[0-9a-f]{32}")
# Scheme, host, port, path with query, connection overrides. No user name or password in it.
CALLBACK = re.compile(
    r"(https?)://([\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?([/?][^\s#]*)?(?:#(\S*))?", re.ASCII
)
WHOLE = re.compile(r"[0-9]{1,9}")
MAX_TEXT = 1600


def check(form: dict[str, str]) -> None:
    """Refuse what Twilio refuses, in its order."""
    to, sender, service = form.get("To"), form.get("From"), form.get("MessagingServiceSid")
    if not to:
        raise Refused(21604)
    if not sender and not service:
        raise Refused(21603)
    if not form.get("Body"):
        if not form.get("ContentSid"):
            raise Refused(21602)
        form["Body"] = f"[content template {form['ContentSid']}]"
    if not E164.fullmatch(to):
        raise Refused(21211, f"The 'To' number {to} is not a valid phone number.")
    _check_sender(to, sender, service)
    if len(form["Body"]) > MAX_TEXT:
        raise Refused(21617)
    _check_options(form)


def _check_sender(to: str, sender: str | None, service: str | None) -> None:
    if sender and not SENDER.fullmatch(sender):
        raise Refused(21212)
    if service and not SERVICE.fullmatch(service):
        raise Refused(21705)
    if sender == to:
        raise Refused(21266)


def _check_options(form: dict[str, str]) -> None:
    if period := form.get("ValidityPeriod"):
        if not WHOLE.fullmatch(period) or int(period) == 0:
            raise Refused(90014)
        if int(period) > 36_000:
            raise Refused(90007)
    if (callback := form.get("StatusCallback")) and not CALLBACK.fullmatch(callback):
        raise Refused(21609)


def parse_form(body: bytes) -> dict[str, str]:
    """Return the fields of an urlencoded form; of a repeated field the last one counts."""
    fields = {}
    try:
        for pair in body.split(b"&"):
            name, _, value = pair.partition(b"=")
            fields[name.decode("ascii")] = _unquoted(value).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(20001, "The request body is not an urlencoded form in UTF-8") from None
    return fields


def _unquoted(value: bytes) -> bytes:
    """Undo percent-encoding; by way of Python's own escapes, ten times faster for Chinese text."""
    value = value.replace(b"+", b" ")
    if b"%" not in value:
        return value
    escaped = value.replace(b"\\", rb"\\").replace(b"%", rb"\x")
    try:
        return escaped.decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:
        return unquote_to_bytes(value)  # a stray % stays what it is
