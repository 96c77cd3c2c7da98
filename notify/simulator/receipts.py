"""Twilio's status callbacks: sent, then delivered (or what a fault says), signed and posted."""

from __future__ import annotations

import base64
import hmac
import time
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, quote_plus

from notify.simulator.callbacks import NO_ANSWER, NOT_CONNECTED, CallbackClient, Origin, Post
from notify.simulator.config import SimulatorConfig
from notify.simulator.faults import Effect, Faults
from notify.simulator.twilio_errors import DELIVERY_ERRORS
from notify.simulator.twilio_form import CALLBACK
from notify.simulator.twilio_messages import Message

MAX_RETRIES = 5


@dataclass(slots=True)
class Journey:
    """The receipts a message still has to bring; `url` is what is signed, without its fragment."""

    message: Message
    sid: str
    sender: str
    url: str
    origin: Origin
    target: str
    retries: int  # of one receipt
    retry_on: str
    statuses: list[str]
    forged: bool = False
    tries: int = 0


class Receipts:
    """Plans and posts the receipts of accepted messages, one after the other per message."""

    def __init__(self, config: SimulatorConfig, faults: Faults, client: CallbackClient) -> None:
        self._enabled = config.receipts
        self._faults = faults
        self._client = client
        self._now = config.now
        self._account_sid = config.twilio_account_sid
        self._key = config.twilio_auth_token.encode()
        self.posted = 0
        self.failed = 0
        self.under_way = 0

    def expect(self, message: Message, sid: str, callback: str | None, sender: str) -> None:
        """Settle a newly accepted message's fate and, with a callback URL, plan its receipts."""
        changes = self._faults.receipt(message.to)
        for effect in changes:
            _apply_fate(effect, message)
        if not callback or not self._enabled:
            return
        parts = CALLBACK.fullmatch(callback)
        if parts is None:
            return
        scheme, host, port, target, overrides = parts.groups()
        secure = scheme == "https"
        target = target or "/"
        options = dict(parse_qsl(overrides)) if overrides else {}
        statuses = (
            [message.final] if message.final in ("failed", "sent") else ["sent", message.final]
        )
        journey = Journey(
            message=message,
            sid=sid,
            sender=sender,
            url=callback.partition("#")[0],
            origin=Origin(secure, host.strip("[]"), int(port or (443 if secure else 80))),
            target=target if target.startswith("/") else "/" + target,
            retries=_retries(options),
            retry_on=options.get("rp", "ct"),
            statuses=statuses,
        )
        for effect in changes:
            _apply_plan(effect, journey)
        if journey.statuses:
            self.under_way += 1
            self._client.loop.call_later(message.wait, self._post, journey)

    def _post(self, journey: Journey) -> None:
        payload = self._payload(journey, journey.statuses[0])
        self._client.post(journey.origin, Post(payload, partial(self._posted, journey)))

    def _posted(self, journey: Journey, outcome: int) -> None:
        """Repeat, go on to the next status, or end."""
        if not 200 <= outcome < 300:
            if journey.tries < journey.retries and _worth_a_retry(outcome, journey.retry_on):
                journey.tries += 1
                self._client.loop.call_later(0.1 * journey.tries, self._post, journey)
                return
            self.failed += 1
        else:
            self.posted += 1
        journey.tries = 0
        del journey.statuses[0]
        if journey.statuses:
            self._client.loop.call_later(journey.message.wait, self._post, journey)
        else:
            self.under_way -= 1

    def _payload(self, journey: Journey, status: str) -> bytes:
        """Return the whole HTTP request of one receipt."""
        fields = self._fields(journey, status)
        signed = journey.url + "".join([name + fields[name] for name in sorted(fields)])
        if journey.forged:
            signed += "forged"
        signature = base64.b64encode(hmac.digest(self._key, signed.encode(), "sha1"))
        body = "&".join([f"{name}={quote_plus(text)}" for name, text in fields.items()]).encode()
        host, port = journey.origin.host, journey.origin.port
        return (
            f"POST {journey.target} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
            f"I-Twilio-Idempotency-Token: {journey.sid}-{status}\r\n"
            f"X-Twilio-Signature: {signature.decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def _fields(self, journey: Journey, status: str) -> dict[str, str]:
        message = journey.message
        fields = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "From": journey.sender,
            "MessageSid": journey.sid,
            "MessageStatus": status,
            "SmsSid": journey.sid,
            "SmsStatus": status,
            "To": message.to,
        }
        if message.service:
            fields["MessagingServiceSid"] = message.service
        if message.error is not None and status == message.final:
            fields["ErrorCode"] = str(message.error)
            fields["ErrorMessage"] = DELIVERY_ERRORS.get(message.error, "Unknown error")
        if status in ("delivered", "undelivered"):
            # Minutes only, and no time zone: as poor as in reality.
            fields["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime(self._now()))
        return fields


def _apply_fate(effect: Effect, message: Message) -> None:
    """Change how the message ends or when."""
    if effect.kind == "receipt":
        message.final = effect.final
        failing = effect.final in ("undelivered", "failed")
        message.error = int(effect.code or 30008) if failing else None
    elif effect.kind == "receipt_delay":
        message.wait += effect.seconds


def _apply_plan(effect: Effect, journey: Journey) -> None:
    """Change which receipts are posted, in which order, and how they are signed."""
    statuses = journey.statuses
    match effect.kind:
        case "receipt_duplicate":
            journey.statuses = [status for status in statuses for _ in range(effect.times)]
        case "receipt_reorder":
            journey.statuses = statuses[::-1]
        case "receipt_drop":
            dropped = {"sent": {"sent"}, "final": {journey.message.final}}.get(effect.which)
            journey.statuses = [s for s in statuses if dropped is not None and s not in dropped]
        case "receipt_forge":
            journey.forged = True
        case _:
            pass  # a fate, applied before


def _retries(options: dict[str, str]) -> int:
    """Return the retry count of the URL's connection overrides (`#rc=5`), by default one."""
    text = options.get("rc", "1")
    return min(int(text), MAX_RETRIES) if text.isdigit() else 1


def _worth_a_retry(outcome: int, policy: str) -> bool:
    """Say whether the overrides' retry policy (`rp`) covers this outcome."""
    wanted = policy.split(",")
    if "all" in wanted:
        return True
    if outcome == NOT_CONNECTED:
        return "ct" in wanted
    if outcome == NO_ANSWER:
        return "rt" in wanted
    return f"{outcome // 100}xx" in wanted
