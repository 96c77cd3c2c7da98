"""Twilio's Messages API: create, fetch and list, with Basic auth and the documented error codes."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from urllib.parse import parse_qsl, urlencode

from notify.simulator import effects, twilio_errors
from notify.simulator.config import SimulatorConfig
from notify.simulator.effects import Attempt
from notify.simulator.faults import Effect, Faults
from notify.simulator.http import Request
from notify.simulator.log import AcceptanceLog, Done
from notify.simulator.receipts import Receipts
from notify.simulator.twilio_errors import Refused
from notify.simulator.twilio_form import check, parse_form
from notify.simulator.twilio_messages import Message, Messages, page

MAX_PAGE = 1000


class TwilioApi:
    """Serves one account; what it accepts goes to the log and, with a callback URL, to receipts."""

    def __init__(
        self,
        config: SimulatorConfig,
        log: AcceptanceLog,
        faults: Faults,
        receipts: Receipts,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._now = config.now
        self._log = log
        self._faults = faults
        self._receipts = receipts
        self._loop = loop
        self._latency = Effect("latency", seconds=config.latency_s) if config.latency_s else None
        self._delay = config.receipt_delay_s
        self._account = config.twilio_account_sid
        self.messages = Messages(config.twilio_account_sid, config.service_number, log)
        pair = f"{config.twilio_account_sid}:{config.twilio_auth_token}".encode()
        self._authorization = b"Basic " + base64.b64encode(pair)
        self._list_path = f"/2010-04-01/Accounts/{config.twilio_account_sid}/Messages.json"
        self._item_path = f"/2010-04-01/Accounts/{config.twilio_account_sid}/Messages/"

    def __call__(self, request: Request) -> None:
        """Answer one request below /2010-04-01/."""
        try:
            self._route(request)
        except Refused as refused:
            twilio_errors.refuse(request, refused.code, refused.message)

    def _route(self, request: Request) -> None:
        if request.headers.get(b"authorization") != self._authorization:
            raise Refused(20003)
        if request.path == self._list_path:
            if request.method == "POST":
                self._create(request)
            elif request.method == "GET":
                self._look_up(request, self._list)
            else:
                raise Refused(20004)
        elif request.path.startswith(self._item_path) and request.path.endswith(".json"):
            if request.method != "GET":
                raise Refused(20004)
            self._look_up(request, self._fetch)
        else:
            raise Refused(20404, f"The requested resource {request.path} was not found")

    def _create(self, request: Request) -> None:
        form = parse_form(request.body)
        check(form)
        message = Message(
            self.messages.next_number(),
            form["To"],
            form.get("From") or None,
            form.get("MessagingServiceSid") or None,
        )
        message.at = self._now()
        message.wait = self._delay
        initial = "accepted" if message.service else "queued"
        body = self.messages.resource(message, form["Body"], initial).encode()
        effect = self._faults.answer("sms", "send", message.to) or self._latency
        if effect is None:
            self._record(message, form, partial(request.answer, 201, body))
            return
        attempt = Attempt(
            request,
            201,
            body,
            "sid",
            partial(self._record, message, form),
            partial(twilio_errors.refuse_as, request),
        )
        effects.perform(effect, attempt, self._loop)

    def _record(self, message: Message, form: dict[str, str], done: Done) -> None:
        """Accept a message: log it, keep it, and plan its receipts."""
        callback, sid = form.get("StatusCallback"), self.messages.sid(message)
        line = (
            f'{{"channel": "sms", "sid": "{sid}", "to": "{message.to}",'
            f' "from": {_or_null(message.sender)},'
            f' "messaging_service_sid": {_or_null(message.service)},'
            f' "body": {quoted(form["Body"])}, "status_callback": {_or_null(callback)},'
            f' "validity_period": {form.get("ValidityPeriod") or "null"}, "at": {message.at!r}}}'
        )
        self._log.append("sms", line.encode(), done)
        self.messages.add(message)
        self._receipts.expect(message, sid, callback, self.messages.sender(message))

    def _look_up(self, request: Request, look: Callable[[Request], None]) -> None:
        effect = self._faults.answer("sms", "lookup", "")
        if effect is None:
            look(request)
        elif effect.kind == "error":
            twilio_errors.refuse_as(request, effect)
        elif effect.kind == "latency":
            self._loop.call_later(effect.seconds, look, request)
        elif effect.kind == "hang":
            self._loop.call_later(effect.seconds, request.abort)
        else:
            request.abort()

    def _fetch(self, request: Request) -> None:
        message = self.messages.by_sid(request.path[len(self._item_path) : -len(".json")])
        if message is None:
            path = request.path
            twilio_errors.refuse(request, 20404, f"The requested resource {path} was not found")
            return
        text, status = self.messages.text(message), message.status(self._now())
        request.answer(200, self.messages.resource(message, text, status).encode())

    def _list(self, request: Request) -> None:
        # An unencoded + means a space here, as at Twilio: such a query finds nothing.
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        try:
            answer = self._page(query)
        except Refused as refused:
            twilio_errors.refuse(request, refused.code, refused.message)
            return
        request.answer(200, answer.encode())

    def _page(self, query: dict[str, str]) -> str:
        size, number = _whole(query, "PageSize", 50, 1), _whole(query, "Page", 0, 0)
        size = min(size, MAX_PAGE)
        token, now = query.get("PageToken"), self._now()
        filters = {name: query[name] for name in FILTERS if query.get(name)}
        days = {name: _day(filters[name]) for name in DATE_FILTERS if name in filters}
        wanted = (
            message
            for message in self.messages.newest_first(filters.get("To"))
            if filters.get("From") in (None, self.messages.sender(message))
            and _sent_on(message, days, now)
        )
        if token:
            last = self.messages.by_sid(token.removeprefix("PA"))
            if last is None:
                raise Refused(20001, "The PageToken is not one of ours")
            wanted = (message for message in wanted if message.number < last.number)
        else:
            for _ in range(number * size):
                next(wanted, None)

        def uri(to_page: int, to_token: str | None) -> str:
            values = {**filters, "PageSize": size, "Page": to_page}
            if to_token:
                values["PageToken"] = to_token
            return f"{self._list_path}?{urlencode(values)}"

        return page(self.messages, wanted, size=size, number=number, uri=uri, now=now)


DATE_FILTERS: dict[str, Callable[[date, date], bool]] = {
    "DateSent": date.__eq__,
    "DateSent<": date.__le__,  # both inclusive, by whole days in GMT
    "DateSent>": date.__ge__,
}
FILTERS = ("To", "From", *DATE_FILTERS)


def _or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)


def _sent_on(message: Message, days: dict[str, date], now: float) -> bool:
    """Say whether the message's day of sending meets all conditions."""
    if not days:
        return True
    if message.status(now) in ("queued", "accepted", "failed"):
        return False  # date_sent is null, and null is on no day
    sent = datetime.fromtimestamp(message.at + message.wait, UTC).date()
    return all(DATE_FILTERS[name](sent, day) for name, day in days.items())


def _whole(query: dict[str, str], name: str, usual: int, least: int) -> int:
    text = query.get(name, str(usual))
    if not text.isdigit() or len(text) > 9 or int(text) < least:
        raise Refused(20001, f"{name} must be a whole number from {least}")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Refused(20001, "DateSent must be a date, YYYY-MM-DD") from None
