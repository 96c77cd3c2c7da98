"""Twilio's error documents and the codes we simulate (https://www.twilio.com/docs/api/errors)."""

from __future__ import annotations

import json

from notify.simulator.faults import Effect
from notify.simulator.http import Request

# code: (HTTP status, message)
REFUSALS: dict[int, tuple[int, str]] = {
    20001: (400, "The parameter is invalid"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "The 'To' number is not a valid phone number"),
    21212: (
        400,
        "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID",
    ),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region of the 'To' number",
    ),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (
        400,
        "The 'From' phone number is not a message-capable Twilio number for this destination",
    ),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The combination of 'To' and 'From' cannot send this message"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21705: (400, "The Messaging Service Sid is invalid"),
    90007: (400, "The validity period must be from 1 to 36000 seconds"),
    90014: (400, "The validity period must be a positive integer"),
}
# What carriers report later, in receipts and in the message resource.
DELIVERY_ERRORS: dict[int, str] = {
    30001: "Queue overflow",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30034: "Message from an unregistered number",
    30036: "Validity period expired",
}
BY_STATUS = {401: 20003, 403: 20003, 404: 20404, 429: 20429, 500: 20500, 502: 20503, 503: 20503}


class Refused(Exception):
    """A request Twilio answers with an error document."""

    def __init__(self, code: int, message: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def refuse(request: Request, code: int, message: str | None = None) -> None:
    """Answer with the error document of a code."""
    status, usual = REFUSALS[code]
    _send(request, status, code, message or usual)


def refuse_as(request: Request, effect: Effect) -> None:
    """Answer with the error a fault asks for; what it leaves out is what Twilio would say."""
    code = effect.code if isinstance(effect.code, int) else None
    known = REFUSALS.get(code) if code is not None else None
    status = effect.status or (known[0] if known else 500)
    code = code or BY_STATUS.get(status, 20500)
    message = effect.message or REFUSALS.get(code, (status, "The request failed"))[1]
    _send(request, status, code, message, effect.retry_after)


def _send(
    request: Request, status: int, code: int, message: str, retry_after: float | None = None
) -> None:
    document = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = b'WWW-Authenticate: Basic realm="Twilio API"\r\n' if status == 401 else b""
    if retry_after is not None:
        headers += b"Retry-After: %d\r\n" % max(0, round(retry_after))
    request.answer(status, json.dumps(document).encode(), headers)
