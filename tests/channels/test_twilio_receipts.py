"""Twilio's status callbacks: their words as ours, and the signature over everything received."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from notify.channels.twilio_sms import parse_status_callback, valid_signature
from notify.domain.delivery import RECEIPT_STATUSES, Channel, DeliveryStatus
from notify.ports import Receipt

URL = "https://race.example.com/webhooks/twilio/status/abc.1"
SID = "SM" + "5a" * 16
FORM = {"MessageSid": SID, "MessageStatus": "delivered", "To": "+12025550142"}
TOKEN = "auth-token"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", DeliveryStatus.ACCEPTED),
        ("scheduled", DeliveryStatus.ACCEPTED),
        ("queued", DeliveryStatus.ACCEPTED),
        ("sending", DeliveryStatus.ACCEPTED),
        ("sent", DeliveryStatus.SENT),
        ("partially_delivered", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.DELIVERED),
        ("undelivered", DeliveryStatus.UNDELIVERED),
        ("failed", DeliveryStatus.FAILED),
        ("canceled", DeliveryStatus.FAILED),
    ],
)
def test_each_of_twilios_statuses_is_one_of_ours(word, status):
    receipt = parse_status_callback(FORM | {"MessageStatus": word, "ErrorCode": ""}, "abc", 2)

    assert Receipt(Channel.SMS, "abc", SID, status, f"{SID}:{word}", None, 2) == receipt
    assert status in RECEIPT_STATUSES


def test_a_failure_brings_its_code():
    form = FORM | {"MessageStatus": "undelivered", "ErrorCode": "30005"}

    assert "30005" == parse_status_callback(form, "abc").error_code


@pytest.mark.parametrize(
    "form", [{}, {"MessageSid": SID}, {"MessageStatus": "sent"}, FORM | {"MessageStatus": "new"}]
)
def test_what_is_no_status_callback_is_refused_without_quoting_it(form):
    with pytest.raises(ValueError, match="MessageStatus") as caught:
        parse_status_callback(form, "abc")

    assert "0142" not in str(caught.value)


def test_a_signature_covers_the_address_and_everything_received():
    signature = RequestValidator(TOKEN).compute_signature(URL, FORM)

    assert valid_signature(URL, FORM, signature, TOKEN)
    assert valid_signature(URL, MultiDict(FORM), signature, TOKEN)
    assert not valid_signature(URL.replace("https", "http"), FORM, signature, TOKEN)
    assert not valid_signature(URL + "x", FORM, signature, TOKEN)
    assert not valid_signature(URL, FORM | {"MessageStatus": "failed"}, signature, TOKEN)
    assert not valid_signature(URL, FORM | {"Added": "later"}, signature, TOKEN)
    assert not valid_signature(URL, FORM, signature, "another token")


@pytest.mark.parametrize("signature", [None, "", "x", "签名", "A" * 28])
def test_a_missing_or_made_up_signature_is_refused(signature):
    assert not valid_signature(URL, FORM, signature, TOKEN)


def test_an_address_that_cannot_be_one_is_refused():
    assert not valid_signature("https://race.example.com:port/", FORM, "x", TOKEN)
