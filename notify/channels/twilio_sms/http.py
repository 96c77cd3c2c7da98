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

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

from notify.ports import ChannelError, Rejected, Throttled, Unavailable, Uncertain

TWILIO = "https://api.twilio.com"
CONNECT_S, READ_S, TOTAL_S = 3.0, 10.0, 12.0
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

    def __init__(self, account: TwilioAccount, connections: int, read_timeout: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        credentials = f"{account.sid}:{account.auth_token}".encode()
        self._base = account.api_base.rstrip("/")
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(credentials).decode(),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "notify",
        }
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(
            total=TOTAL_S, connect=CONNECT_S, sock_read=read_timeout
        )
        self._session: aiohttp.ClientSession | None = None

    async def request(self, method: str, uri: str, **options: Any) -> Response:
        """Return a 2xx answer; raise the typed error of anything else."""
        url = self._base + uri.removeprefix(TWILIO)
        if options.get("params"):
            # urlencode writes the "+" of a phone number as %2B; bare, it would read as a space
            # and the list would be empty.
            url += "?" + urlencode(options["params"], doseq=True)
        data = options.get("data")
        body = encode_form(data) if data else None
        cap = LIST_CAP if method == "GET" else ANSWER_CAP
        try:
            async with self._open().request(
                method, URL(url, encoded=True), data=body, allow_redirects=False
            ) as response:
                text = (await _capped(response, cap)).decode("utf-8", "replace")
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = _lost(error)
        else:
            if 200 <= status < 300:
                return Response(status, text, {})
            failure = _refused(method, status, headers, text)
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        # Made on first use, because it belongs to the event loop it is made in.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=self._timeout,
                auto_decompress=False,
            )
        return self._session


def encode_form(data: Mapping[str, object]) -> bytes:
    """Return ``data`` as a form body, as ``urlencode`` would but several times faster."""
    return b"&".join(name.encode() + b"=" + _quoted(str(value)) for name, value in data.items())


def _quoted(value: str) -> bytes:
    return _NOT_SAFE.sub(_percent, value.encode()).replace(b" ", b"+")


def _percent(unsafe: re.Match[bytes]) -> bytes:
    return b"%" + unsafe.group().hex("%").upper().encode()


async def _capped(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """Return at most ``cap`` bytes of the body; a longer one is cut and so becomes unreadable."""
    if response.content_length is not None and response.content_length <= cap:
        return await response.read()
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > cap:
            response.close()
            break
    return bytes(body[:cap])


def _lost(error: Exception) -> ChannelError:
    """Return what an exchange without an answer means; only before the connection it is certain."""
    if isinstance(error, aiohttp.ClientSSLError):
        return Unavailable("tls")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable("unreachable")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Unavailable("connect_timeout")
    return Uncertain("read_timeout" if isinstance(error, TimeoutError) else "connection_lost")


def _refused(method: str, status: int, headers: Mapping[str, str], text: str) -> ChannelError:
    code = _code(text) or f"http_{status}"
    if status == 429 or code in {TOO_MANY, QUEUE_FULL}:
        default = QUEUE_FULL_WAIT_S if code == QUEUE_FULL else 1.0
        return Throttled(code, retry_after=_seconds(headers.get("Retry-After"), default))
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
