from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from notify.simulator import DEFAULT_AUTH_TOKEN
from tests.simulator.receiver import Receiver
from tests.simulator.running import FROM, SERVICE, TO, RunningSimulator, Start

SMS = {"channel": "sms"}


def valid(receiver: Receiver, path: str, form: dict[str, str], signature: str) -> bool:
    validator = RequestValidator(DEFAULT_AUTH_TOKEN)
    return bool(validator.validate(receiver.url(path), form, signature))


def test_an_accepted_message_brings_sent_then_delivered_with_valid_signatures(
    simulator: RunningSimulator, receiver: Receiver
):
    path = "/webhooks/twilio/status/abc?attempt=2&x=%2B"
    sid = simulator.sms(StatusCallback=receiver.url(path)).json()["sid"]

    sent, delivered = receiver.next(2)

    assert ["sent", "delivered"] == [sent.form["MessageStatus"], delivered.form["SmsStatus"]]
    assert {sid} == {sent.form["MessageSid"], delivered.form["SmsSid"]}
    assert (TO, FROM) == (sent.form["To"], sent.form["From"])
    assert delivered.form["RawDlrDoneDate"].isdigit()
    assert {path} == {sent.path, delivered.path}
    assert valid(receiver, path, sent.form, sent.signature)
    assert valid(receiver, path, delivered.form, delivered.signature)


def test_the_messaging_service_is_named(simulator: RunningSimulator, receiver: Receiver):
    simulator.sms(From=None, MessagingServiceSid=SERVICE, StatusCallback=receiver.url())

    sent, _ = receiver.next(2)

    assert (SERVICE, "+12025550199") == (sent.form["MessagingServiceSid"], sent.form["From"])


def test_receipts_can_be_switched_off(start_simulator: Start, receiver: Receiver):
    simulator = start_simulator(receipts=False)

    simulator.sms(StatusCallback=receiver.url())

    assert 0 == simulator.get("/_stats")["receipts"]["under_way"]


def test_the_fragment_is_neither_sent_nor_signed_and_its_retries_are_honoured(
    simulator: RunningSimulator, receiver: Receiver
):
    receiver.answers = [500, 503]
    simulator.sms(StatusCallback=receiver.url("/s") + "#rc=2&rp=all")

    callbacks = receiver.next(4)

    assert ["sent", "sent", "sent", "delivered"] == [c.form["MessageStatus"] for c in callbacks]
    assert all(valid(receiver, "/s", c.form, c.signature) for c in callbacks)


def test_without_overrides_an_error_answer_is_not_repeated(
    simulator: RunningSimulator, receiver: Receiver
):
    receiver.answers = [500]
    simulator.sms(StatusCallback=receiver.url())

    assert ["sent", "delivered"] == receiver.statuses(2)


def test_many_messages_share_few_connections(start_simulator: Start, receiver: Receiver):
    simulator = start_simulator(receipt_connections=2)
    for _ in range(30):
        simulator.sms(StatusCallback=receiver.url())

    assert Counter(sent=30, delivered=30) == Counter(receiver.statuses(60))


def test_a_receiver_that_is_down_loses_receipts_but_nothing_else(
    simulator: RunningSimulator, receiver: Receiver, free_port: Any
):
    simulator.sms(StatusCallback=f"http://127.0.0.1:{free_port()}/nobody")
    simulator.sms(StatusCallback=receiver.url())

    assert ["sent", "delivered"] == receiver.statuses(2)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ({"kind": "receipt", "final": "undelivered", "code": 30005}, ["sent", "undelivered"]),
        ({"kind": "receipt", "final": "failed", "code": 30007}, ["failed"]),
        ({"kind": "receipt", "final": "sent"}, ["sent"]),
        ({"kind": "receipt_reorder"}, ["delivered", "sent"]),
        ({"kind": "receipt_duplicate", "times": 2}, ["sent", "sent", "delivered", "delivered"]),
        ({"kind": "receipt_drop", "which": "sent"}, ["delivered"]),
        ({"kind": "receipt_drop", "which": "final"}, ["sent"]),
        ({"kind": "receipt_drop"}, []),
        ({"kind": "receipt_delay", "seconds": 0.01}, ["sent", "delivered"]),
    ],
)
def test_a_rule_changes_the_receipts(
    start_simulator: Start, receiver: Receiver, effect: dict[str, Any], expected: list[str]
):
    simulator = start_simulator(receipt_connections=1)
    simulator.set_faults({"match": {**SMS, "to_suffix": "0123"}, "effect": effect})

    simulator.sms(StatusCallback=receiver.url())
    spoilt = receiver.statuses(len(expected))
    simulator.sms(to="+12025550199", StatusCallback=receiver.url("/not-meant"))
    after = receiver.next(2)

    assert expected == spoilt
    assert ["/not-meant", "/not-meant"] == [callback.path for callback in after]


def test_an_undelivered_message_says_why_in_receipt_and_resource(
    simulator: RunningSimulator, receiver: Receiver
):
    effect = {"kind": "receipt", "final": "undelivered", "code": 30003}
    simulator.set_faults({"match": SMS, "effect": effect})
    sid = simulator.sms(StatusCallback=receiver.url()).json()["sid"]

    sent, undelivered = receiver.next(2)
    path = f"/2010-04-01/Accounts/{sent.form['AccountSid']}/Messages/{sid}.json"
    resource = simulator.get(path, auth=(sent.form["AccountSid"], DEFAULT_AUTH_TOKEN))

    assert "ErrorCode" not in sent.form
    assert "30003" == undelivered.form["ErrorCode"]
    assert ("undelivered", 30003) == (resource["status"], resource["error_code"])
    assert "Unreachable destination handset" == resource["error_message"]


def test_a_forged_receipt_has_a_signature_that_does_not_fit(
    simulator: RunningSimulator, receiver: Receiver
):
    simulator.set_faults({"match": SMS, "effect": {"kind": "receipt_forge"}})
    simulator.sms(StatusCallback=receiver.url("/s"))

    forged = receiver.next(2)

    assert [False, False] == [valid(receiver, "/s", c.form, c.signature) for c in forged]
