"""The SMS that were accepted, as Twilio's API shows them: message resources, newest first."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from email.utils import formatdate
from json.encoder import encode_basestring_ascii as quoted

from notify.simulator import segments
from notify.simulator.log import AcceptanceLog
from notify.simulator.twilio_errors import DELIVERY_ERRORS

# A finished text with holes: building a dictionary per message and encoding it takes three times
# as long. Only what may need escapes is quoted; numbers and sids are known to be harmless.
RESOURCE = (
    '{"account_sid": "%(account)s", "api_version": "2010-04-01", "body": %(body)s,'
    ' "date_created": "%(created)s", "date_sent": %(sent)s, "date_updated": "%(updated)s",'
    ' "direction": "outbound-api", "error_code": %(error)s, "error_message": %(reason)s,'
    ' "from": %(from)s, "messaging_service_sid": %(service)s, "num_media": "0",'
    ' "num_segments": "%(parts)s", "price": null, "price_unit": "USD", "sid": "%(sid)s",'
    ' "status": "%(status)s", "subresource_uris": {"media":'
    ' "/2010-04-01/Accounts/%(account)s/Messages/%(sid)s/Media.json"}, "to": "%(to)s",'
    ' "uri": "/2010-04-01/Accounts/%(account)s/Messages/%(sid)s.json"}'
)


class Message:
    """One accepted SMS; its text stays in the log, so that a million of them fit in memory."""

    __slots__ = ("at", "error", "final", "number", "previous", "sender", "service", "to", "wait")

    def __init__(self, number: int, to: str, sender: str | None, service: str | None) -> None:
        self.number = number  # counted from 0 over the life of the process
        self.to = to
        self.sender = sender
        self.service = service
        self.at = 0.0  # epoch seconds
        self.wait = 0.0  # seconds before `sent`, and again before the final status
        self.final = "delivered"
        self.error: int | None = None
        self.previous: Message | None = None  # the message to the same number before this one

    def status(self, now: float) -> str:
        """Return the status at this moment: it follows from the age, no timer is kept for it."""
        if self.at + self.wait > now:
            return "accepted" if self.service else "queued"
        if self.final == "failed" or self.at + 2 * self.wait <= now:
            return self.final
        return "sent"


class Messages:
    """All accepted SMS of one account, found by sid or by the number they went to."""

    def __init__(self, account_sid: str, service_number: str, log: AcceptanceLog) -> None:
        self._account_sid = account_sid
        self._service_number = service_number
        self._log = log
        # A prefix per process: sids of a restarted simulator never repeat earlier ones.
        self._prefix = "SM" + os.urandom(8).hex()
        self._kept: list[Message] = []
        self._first = 0
        self._newest: dict[str, Message] = {}
        self._date = (0, "")

    def add(self, message: Message) -> None:
        """Keep a message that was accepted; its line is the next of the log."""
        message.previous = self._newest.get(message.to)
        self._newest[message.to] = message
        self._kept.append(message)

    def clear(self) -> None:
        """Forget all messages together with the log."""
        self._first += len(self._kept)
        self._kept = []
        self._newest = {}

    def next_number(self) -> int:
        """Return the number of the message that is accepted next."""
        return self._first + len(self._kept)

    def sid(self, message: Message) -> str:
        """Return the message's sid: SM and 32 hexadecimal digits."""
        return f"{self._prefix}{message.number:016x}"

    def by_sid(self, sid: str) -> Message | None:
        """Return the message with this sid, if it is one of ours."""
        if len(sid) != 34 or not sid.startswith(self._prefix):
            return None
        try:
            place = int(sid[18:], 16) - self._first
        except ValueError:
            return None
        return self._kept[place] if 0 <= place < len(self._kept) else None

    def newest_first(self, to: str | None) -> Iterator[Message]:
        """Yield the messages to a number, or all."""
        if to is None:
            yield from reversed(self._kept)
            return
        message = self._newest.get(to)
        while message is not None:
            yield message
            message = message.previous

    def text(self, message: Message) -> str:
        """Read the message's text back from the log."""
        line = json.loads(self._log.read("sms", message.number - self._first))
        return str(line["body"])

    def sender(self, message: Message) -> str:
        """Return the number it went out from; a Messaging Service picks ours."""
        return message.sender or self._service_number

    def date(self, at: float) -> str:
        """Return a moment in RFC 2822 as Twilio writes it."""
        second = int(at)
        if second != self._date[0]:  # thousands of messages share a second
            self._date = (second, formatdate(second, usegmt=True).replace("GMT", "+0000"))
        return self._date[1]

    def resource(self, message: Message, text: str, status: str) -> str:
        """Return the message resource as documented, in this status, as a JSON text."""
        created, waiting = self.date(message.at), status in ("accepted", "queued")
        changed = created if waiting else self.date(message.at + message.wait)
        error = message.error if status == message.final else None
        # With a Messaging Service no sender is chosen yet, and parts are not counted yet.
        unassigned = waiting and message.service is not None and message.sender is None
        return RESOURCE % {
            "account": self._account_sid,
            "sid": self.sid(message),
            "body": quoted(text),
            "created": created,
            "sent": "null" if waiting or status == "failed" else f'"{changed}"',
            "updated": changed,
            "error": "null" if error is None else error,
            "reason": "null" if error is None else quoted(DELIVERY_ERRORS.get(error, "")),
            "from": "null" if unassigned else quoted(self.sender(message)),
            "service": "null" if message.service is None else quoted(message.service),
            "parts": 0 if unassigned else segments.count(text),
            "status": status,
            "to": message.to,
        }


def page(
    messages: Messages,
    found: Iterator[Message],
    *,
    size: int,
    number: int,
    uri: Callable[[int, str | None], str],
    now: float,
) -> str:
    """Return one page in Twilio's envelope; `uri` makes a page's address from number and token."""
    shown: list[Message] = []
    more = False
    for message in found:
        if len(shown) == size:
            more = True
            break
        shown.append(message)
    token = f"PA{messages.sid(shown[-1])}" if more else None
    start = number * size
    envelope = {
        "page": number,
        "page_size": size,
        "start": start,
        "end": max(start + len(shown) - 1, start),
        "uri": uri(number, None),
        "first_page_uri": uri(0, None),
        "next_page_uri": uri(number + 1, token) if more else None,
        "previous_page_uri": uri(number - 1, None) if number else None,
    }
    resources = [messages.resource(m, messages.text(m), m.status(now)) for m in shown]
    return f'{json.dumps(envelope)[:-1]}, "messages": [{", ".join(resources)}]}}'
