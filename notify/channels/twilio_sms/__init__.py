"""SMS through the ``twilio`` SDK, above an HTTP client of ours that never repeats a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageList

from notify.channels.twilio_sms.http import LeanHttp, TwilioAccount
from notify.channels.twilio_sms.receipts import parse_status_callback, valid_signature
from notify.domain.delivery import Channel as ChannelName
from notify.ports import Accepted, Outgoing, Receipt, Rejected, TimeSource, Unavailable, Uncertain
from notify.wire import READ_S

__all__ = ["TwilioAccount", "TwilioSms", "parse_status_callback", "valid_signature"]

VALIDITY_S = (1, 36_000)
CALLBACK_OVERRIDES = "#rc=5&rp=all"
"""Ask for every retry there is: by default a receipt is lost for good after one failure."""

_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, TwilioException)
_T = TypeVar("_T")


class TwilioSms:
    """The SMS channel; ``callback_url`` makes the receipt address of a delivery and an attempt."""

    name: ChannelName = ChannelName.SMS

    def __init__(
        self,
        account: TwilioAccount,
        *,
        now: TimeSource,
        callback_url: Callable[[str, int], str] | None = None,
        concurrency: int = 256,
        read_timeout: float = READ_S,
    ) -> None:
        self.concurrency = concurrency
        self._now = now
        self._callback_url = callback_url
        kind = "messaging_service_sid" if account.sender.startswith("MG") else "from_"
        self._sender = {kind: account.sender}
        self._http = LeanHttp(account, read_timeout)
        client = _LeanClient(
            account.sid,
            account.auth_token,
            http_client=self._http,
            # Given, so that the SDK does not look for an edge and a region in the process's own.
            environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
        )
        # Named, so that the SDK's 0.6 s of imports are paid with ours and not by every forked job.
        self._messages: MessageList = client.messages

    async def send(self, message: Outgoing) -> Accepted:
        """Create the message at Twilio; raise what ``notify.ports.Channel`` says."""
        options: dict[str, Any] = dict(self._sender)
        options["body"] = message.texts["sms"]
        options["validity_period"] = self._validity(message.expires_at)
        if self._callback_url is not None:
            url = self._callback_url(message.delivery, message.attempt)
            options["status_callback"] = url + CALLBACK_OVERRIDES
        try:
            created = await self._messages.create_async(to=message.address, **options)
        except _UNREADABLE:
            created = None
        # Outside the handler: an exception's context would carry the answer, and with it the phone.
        if created is None or not isinstance(created.sid, str) or not created.sid:
            raise Uncertain("unreadable_answer")
        return Accepted(provider_id=created.sid, segments=_segments(created.num_segments))

    async def find(
        self, *, delivery: str, attempt: int, to: str, text: str, since: datetime
    ) -> Receipt | None:
        """Return what Twilio knows of the SMS to ``to`` holding ``text`` made after ``since``.

        The list is asked without ``DateSent``: it is empty while a message is queued. Raises
        ``Unavailable`` or ``Throttled`` when Twilio did not answer.
        """
        wanted, earliest = _plain(text), since.replace(microsecond=0)
        listed = await _asked(self._messages.list_async(to=to, page_size=50, limit=100))
        for message in listed:
            made = message.date_created
            if made and made >= earliest and wanted in _plain(message.body or ""):
                return _receipt(message, delivery, attempt)
        return None

    async def fetch(self, sid: str, *, delivery: str, attempt: int | None = None) -> Receipt | None:
        """Return what Twilio says of message ``sid`` now, ``None`` if it does not know it.

        Raises ``Unavailable`` or ``Throttled`` when Twilio did not answer.
        """
        try:
            message = await _asked(self._messages(sid).fetch_async())
        except Rejected:
            return None
        return _receipt(message, delivery, attempt)

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self._http.close()

    def _validity(self, expires_at: datetime) -> int:
        left = (expires_at - self._now()).total_seconds()
        return int(min(max(left, VALIDITY_S[0]), VALIDITY_S[1]))


class _LeanClient(Client):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's client without the headers it composes anew for every request."""

    def get_headers(self, method: str, headers: dict[str, str] | None) -> dict[str, str]:
        """Return ``headers`` as they are; ``LeanHttp`` adds what never changes."""
        return headers or {}


def _segments(value: object) -> int | None:
    """Return the number of segments; Twilio says "0" while a Messaging Service has not chosen."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) or None
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())


def _receipt(message: Any, delivery: str, attempt: int | None) -> Receipt:
    form = {"MessageSid": message.sid, "MessageStatus": message.status}
    if message.error_code is not None:
        form["ErrorCode"] = str(message.error_code)
    try:
        return parse_status_callback(form, delivery, attempt)
    except ValueError:
        raise Unavailable("unreadable_answer") from None


async def _asked(answer: Awaitable[_T]) -> _T:
    """Return ``answer``; a question that got none sent nothing, so it is only ``Unavailable``."""
    try:
        return await answer
    except Uncertain as error:
        code = error.code
    except _UNREADABLE:
        code = "unreadable_answer"
    raise Unavailable(code)
