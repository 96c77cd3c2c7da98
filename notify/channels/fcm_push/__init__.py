"""App push by Firebase Cloud Messaging, HTTP v1; it reaches Apple's devices too.

FCM has no idempotency key. What makes a repetition harmless is that every message of a delivery
carries the same collapse key, Android tag and ``apns-collapse-id``: the delivery's id. A second one
takes the place of the first on the phone.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from notify.channels.fcm_push.oauth import ServiceAccountTokens
from notify.domain.delivery import Channel as ChannelName
from notify.ports import (
    Accepted,
    ChannelError,
    Outgoing,
    Rejected,
    Throttled,
    TimeSource,
    Unavailable,
    Uncertain,
)
from notify.wire import READ_S, TOTAL_S, Answer, Lost, NotSent, Origin, header_fields

FCM = "https://fcm.googleapis.com"
LONGEST_TTL_S = 2_419_200
QUOTA_WAIT_S = 60.0
"""Google asks for at least a minute when 429 comes without ``Retry-After``."""

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,49}")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class FcmPush:
    """The push channel of one Firebase project."""

    name: ChannelName = ChannelName.PUSH

    def __init__(
        self,
        project_id: str,
        credentials_file: Path,
        *,
        now: TimeSource,
        api_base: str = FCM,
        concurrency: int = 256,
        read_timeout: float = READ_S,
    ) -> None:
        """Read the credentials; raises ``ValueError`` naming the file if it holds none."""
        self.concurrency = concurrency
        self._now = now
        self._tokens = ServiceAccountTokens(credentials_file, now)
        self._target = f"/v1/projects/{quote(project_id, safe=':')}/messages:send"
        self._origin = Origin(api_base, read_s=read_timeout)
        self._signed = ("", b"")

    async def send(self, message: Outgoing) -> Accepted:
        """Hand ``message`` to FCM; raise what ``notify.ports.Channel`` says."""
        body = _encode({"message": self._document(message)}).encode()
        posted = False
        failure: ChannelError
        try:
            async with asyncio.timeout(TOTAL_S):
                bearer = await self._tokens.bearer()
                posted = True
                answer = await self._post(bearer, body)
                if answer.status == 401 and _error(answer.body).code != "THIRD_PARTY_AUTH_ERROR":
                    # Not a retry of a message: a request is refused at the door for its token
                    # before anybody reads it, and tokens do end early (a key was rotated).
                    posted = False
                    bearer = await self._tokens.replaced(bearer)
                    posted = True
                    answer = await self._post(bearer, body)
        except NotSent as error:
            failure = Unavailable(error.code)
        except Lost as error:
            failure = Uncertain(error.code)
        except TimeoutError:
            failure = Uncertain("read_timeout") if posted else Unavailable("token_timeout")
        else:
            name = _name(answer)
            if name is not None:
                return Accepted(provider_id=name)
            failure = _refused(answer)
        raise failure

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self._origin.close()
        await self._tokens.close()

    async def _post(self, bearer: str, body: bytes) -> Answer:
        signed, fields = self._signed
        if signed != bearer:
            fields = header_fields(
                {
                    "Authorization": bearer,
                    "Accept-Encoding": "identity",
                    "Content-Type": "application/json; charset=UTF-8",
                    "User-Agent": "notify",
                }
            )
            self._signed = (bearer, fields)
        return await self._origin.exchange("POST", self._target, fields, body)

    def _document(self, message: Outgoing) -> dict[str, Any]:
        """Return FCM's ``Message``: high priority, useless after ``expires_at``, never twice."""
        ttl = self._ttl(message.expires_at)
        expiration = str(int(message.expires_at.timestamp()))
        webpush: dict[str, Any] = {
            "headers": {"TTL": str(ttl), "Urgency": "high"},
            "notification": {"tag": message.delivery},
        }
        if message.link.startswith("https://"):  # FCM refuses any other
            webpush["fcmOptions"] = {"link": message.link}
        return {
            "token": message.address,
            "notification": {
                "title": message.texts["push_title"],
                "body": message.texts["push_body"],
            },
            "data": {"delivery": message.delivery, "link": message.link},
            "android": {
                "priority": "HIGH",
                "ttl": f"{ttl}s",
                "collapseKey": message.delivery,
                "notification": {"tag": message.delivery},
            },
            "apns": {
                "headers": {
                    "apns-collapse-id": message.delivery,
                    "apns-expiration": expiration,
                    "apns-priority": "10",
                },
                "payload": {"aps": {"sound": "default"}},
            },
            "webpush": webpush,
        }

    def _ttl(self, expires_at: datetime) -> int:
        left = (expires_at - self._now()).total_seconds()
        return int(min(max(left, 0), LONGEST_TTL_S))


def _name(answer: Answer) -> str | None:
    """Return the name FCM gave the message, ``None`` if the answer is not an acceptance."""
    if answer.status != 200:
        return None
    try:
        name = json.loads(answer.body)["name"]
    except (ValueError, TypeError, KeyError):
        return None
    return name if isinstance(name, str) and name else None


class _Error(NamedTuple):
    code: str
    about_token: bool


def _error(body: bytes) -> _Error:
    """Return FCM's own code, else Google's, and whether the registration token is what is wrong."""
    try:
        error = json.loads(body)["error"]
        details = [detail for detail in error.get("details", ()) if isinstance(detail, dict)]
        fields = {
            violation.get("field")
            for detail in details
            for violation in detail.get("fieldViolations", ())
        }
        codes = [detail["errorCode"] for detail in details if "errorCode" in detail]
        code = str(codes[0] if codes else error.get("status", ""))
        about = "message.token" in fields or "registration token" in str(error.get("message", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return _Error("", about_token=False)
    return _Error(code if _CODE.fullmatch(code) else "", about)


def _refused(answer: Answer) -> ChannelError:
    """Return what an answer that is no acceptance means.

    https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode. 503 with ``Retry-After`` is
    FCM's admission control turning us away, so it counts as not sent; should it be wrong, the
    collapse ids make the repetition invisible. Any other 5xx may have been carried out.
    """
    status, error = answer.status, _error(answer.body)
    code = error.code or f"http_{status}"
    wait = _seconds(answer.headers.get("retry-after"))
    if status == 429 or (status == 503 and wait is not None):
        return Throttled(code, retry_after=QUOTA_WAIT_S if wait is None else wait)
    if code in {"UNREGISTERED", "SENDER_ID_MISMATCH"}:
        return Rejected(code, address_dead=True)
    if status in {401, 403, 404}:
        # 404 without UNREGISTERED is a wrong project or base: taken for a dead token, a typing
        # error in a setting would erase everybody's.
        return Unavailable(code, credentials=True)
    if 400 <= status < 500:
        return Rejected(code, address_dead=error.about_token)
    return Uncertain("unreadable_answer" if status == 200 else code)


def _seconds(header: str | None) -> float | None:
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
