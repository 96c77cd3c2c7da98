"""What Twilio reports later: its statuses as ours, and whether a report is really Twilio's."""

from __future__ import annotations

from collections.abc import Mapping

from twilio.request_validator import RequestValidator

from notify.domain.delivery import Channel as ChannelName
from notify.domain.delivery import DeliveryStatus
from notify.ports import Receipt

STATUSES = {
    "accepted": DeliveryStatus.ACCEPTED,
    "scheduled": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "partially_delivered": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.UNDELIVERED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
"""Twilio's message statuses as ours; a receipt cannot say ``cancelled``, which is our own act."""


def parse_status_callback(
    form: Mapping[str, str], delivery: str, attempt: int | None = None
) -> Receipt:
    """Return the receipt in a status callback; raises ``ValueError`` if it is not one we know."""
    sid, word = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not sid or word not in STATUSES:
        raise ValueError("Not a status callback: MessageSid or a known MessageStatus is missing.")
    return Receipt(
        channel=ChannelName.SMS,
        delivery=delivery,
        provider_id=sid,
        status=STATUSES[word],
        event=f"{sid}:{word}",
        error_code=form.get("ErrorCode") or None,
        attempt=attempt,
    )


def valid_signature(
    url: str, form: Mapping[str, str], signature: str | None, auth_token: str
) -> bool:
    """Return whether Twilio signed this request to the public ``url`` with all of ``form``."""
    try:
        return bool(RequestValidator(auth_token).validate(url, form, signature or ""))
    except ValueError:  # a URL that cannot be one
        return False
