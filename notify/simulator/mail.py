"""Mails of the acceptance log, decoded only when somebody reads them."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


def decoded(line: bytes) -> bytes:
    """Return a log line with the raw mail replaced by subject, headers, text and HTML."""
    document: dict[str, Any] = json.loads(line)
    raw = str(document.pop("raw")).encode("utf-8", "surrogateescape")
    message = message_from_bytes(raw, policy=policy.default)
    document["subject"] = str(message["Subject"]) if message["Subject"] is not None else None
    document["headers"] = [[name, str(value)] for name, value in message.items()]
    document["text"] = _body(message, "plain")
    document["html"] = _body(message, "html")
    document["size"] = len(raw)
    return json.dumps(document).encode()


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):  # an unknown charset, or bytes that do not fit it
        return None
