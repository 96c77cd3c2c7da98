"""The HTTP client beneath the ``twilio`` SDK, and what each of Twilio's refusals means.

Twilio has no idempotency key for messages, so every answer is sorted by one question: was a message
made? A refusal (4xx) made none; 429 is "never processed"; after a read time-out, a lost connection,
a 5xx or an unreadable 2xx nobody knows. Codes: https://www.twilio.com/docs/api/errors.
"""

from __future__ import annotations

import base64
import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from notify.ports import ChannelError, Rejected, Throttled, Unavailable, Uncertain
from notify.wire import Lost, NotSent, Origin, header_fields

TWILIO = "https://api.twilio.com"
ANSWER_CAP, LIST_CAP = 65_536, 1_048_576
"""Bytes of an answer that are read: of a created message (about 1 kB), of a list (50 to a page)."""

DEAD_NUMBER = frozenset({"21211", "21614"})
OPTED_OUT = "21610"
QUEUE_FULL = "21611"
QUEUE_FULL_WAIT_S = 60.0
TOO_MANY = "20429"
OWN_SENDER = frozenset({"21212", "21603", "21705"})
"""Our own sender is wrong: every message would be refused, so the channel stops, not the rows."""

_NOT_SAFE = re.compile(rb"[^A-Za-z0-9_.~ -]+")


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whom we are at Twilio; ``sender`` is a Messaging Service SID (``MG…``) or a number."""

    sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_base: str = TWILIO


class LeanHttp(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """Carries the SDK's requests on kept connections: no retry, no proxy, no redirect, no log."""

    def __init__(self, account: TwilioAccount, read_timeout: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        credentials = f"{account.sid}:{account.auth_token}".encode()
        self._origin = Origin(account.api_base, read_s=read_timeout)
        self._fields = header_fields(
            {
                "Authorization": "Basic " + base64.b64encode(credentials).decode(),
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": "notify",
            }
        )

    async def request(self, method: str, uri: str, **options: Any) -> Response:
        """Return a 2xx answer; raise the typed error of anything else."""
        target = uri.removeprefix(TWILIO)
        if options.get("params"):
            # urlencode writes the "+" of a phone number as %2B; bare, it would read as a space
            # and the list would be empty.
            target += "?" + urlencode(options["params"], doseq=True)
        body = encode_form(options.get("data") or {})
        cap = LIST_CAP if method == "GET" else ANSWER_CAP
        failure: ChannelError
        try:
            answer = await self._origin.exchange(method, target, self._fields, body, cap=cap)
        except NotSent as error:
            failure = Unavailable(error.code)
        except Lost as error:
            failure = Uncertain(error.code)
        else:
            text = answer.body.decode("utf-8", "replace")
            if 200 <= answer.status < 300:
                return Response(answer.status, text, {})
            failure = _refused(method, answer.status, answer.headers, text)
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        await self._origin.close()


def encode_form(data: Mapping[str, object]) -> bytes:
    """Return ``data`` as a form body, as ``urlencode`` would but several times faster."""
    return b"&".join(name.encode() + b"=" + _quoted(str(value)) for name, value in data.items())


def _quoted(value: str) -> bytes:
    if value.isascii() and value.isalnum():  # our own account and sender, a number of seconds
        return value.encode()
    return _NOT_SAFE.sub(_percent, value.encode()).replace(b" ", b"+")


def _percent(unsafe: re.Match[bytes]) -> bytes:
    return b"%" + unsafe.group().hex("%").upper().encode()


def _refused(method: str, status: int, headers: Mapping[str, str], text: str) -> ChannelError:
    code = _code(text) or f"http_{status}"
    if status == 429 or code in {TOO_MANY, QUEUE_FULL}:
        default = QUEUE_FULL_WAIT_S if code == QUEUE_FULL else 1.0
        return Throttled(code, retry_after=_seconds(headers.get("retry-after"), default))
    if status == 404 and method == "GET":
        return Rejected(code)
    if status in {401, 403, 404} or code in OWN_SENDER:
        return Unavailable(code, credentials=True)
    if 400 <= status < 500:
        return Rejected(code, address_dead=code in DEAD_NUMBER, opted_out=code == OPTED_OUT)
    return Uncertain(code)


def _code(text: str) -> str | None:
    try:
        code = json.loads(text)["code"]
    except (ValueError, TypeError, KeyError):
        return None
    return str(code) if isinstance(code, int) else None


def _seconds(header: str | None, default: float) -> float:
    try:
        seconds = float(header or "")
    except ValueError:
        return default
    return max(seconds, 0.0) if math.isfinite(seconds) else default
