from __future__ import annotations

import smtplib
from typing import Any

import pytest
import requests

from tests.simulator.running import AUTH, MESSAGES, RunningSimulator, mail

SMS, PUSH, EMAIL = {"channel": "sms"}, {"channel": "push"}, {"channel": "email"}


def accepted(simulator: RunningSimulator, channel: str = "sms") -> int:
    counts: dict[str, int] = simulator.get("/_log?summary=1")
    return counts[channel]


@pytest.mark.parametrize(
    ("fields", "status", "code", "retry_after"),
    [
        ({"code": 21211}, 400, 21211, None),
        ({"code": 21610}, 400, 21610, None),
        ({"status": 401}, 401, 20003, None),
        ({"status": 429, "retry_after": 2}, 429, 20429, "2"),
        ({"status": 500}, 500, 20500, None),
        ({"status": 503}, 503, 20503, None),
        ({"status": 400, "code": 30999}, 400, 30999, None),
    ],
)
def test_an_error_is_answered_and_nothing_accepted(
    simulator: RunningSimulator, fields: dict[str, Any], status: int, code: int, retry_after: str
):
    simulator.set_faults({"match": SMS, "effect": {"kind": "error", **fields}})

    answer = simulator.sms()

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert retry_after == answer.headers.get("Retry-After")
    assert 0 == accepted(simulator)


def test_accept_then_500_says_no_but_means_yes(simulator: RunningSimulator):
    simulator.set_faults({"match": SMS, "effect": {"kind": "accept_then_500"}})

    answer = simulator.sms()

    assert (500, 20500) == (answer.status_code, answer.json()["code"])
    assert 1 == accepted(simulator)


@pytest.mark.parametrize(
    ("effect", "count"),
    [
        ({"kind": "accept_then_close"}, 1),
        ({"kind": "accept_then_cut"}, 1),
        ({"kind": "close_before_accept"}, 0),
        ({"kind": "hang", "seconds": 0.05}, 0),
        ({"kind": "hang", "seconds": 0.05, "accepted": True}, 1),
    ],
)
def test_a_lost_answer_is_a_closed_connection(
    simulator: RunningSimulator, effect: dict[str, Any], count: int
):
    simulator.set_faults({"match": SMS, "effect": effect})

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        simulator.sms()

    assert count == accepted(simulator)


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("kind", ["bad_json", "html_200", "no_sid", "wrong_sid", "huge_body"])
def test_rubbish_is_answered_whether_or_not_the_message_was_accepted(
    simulator: RunningSimulator, kind: str, accept: bool
):
    effect: dict[str, Any] = {"kind": kind, "accepted": accept}
    if kind == "huge_body":
        effect["size"] = 8_000_000  # more than the socket buffers hold
    simulator.set_faults({"match": SMS, "effect": effect})

    answer = simulator.sms()

    assert int(accept) == accepted(simulator)
    if kind == "no_sid":
        assert "sid" not in answer.json()
    elif kind == "wrong_sid":
        assert 12345 == answer.json()["sid"]
    elif kind == "huge_body":
        assert 8_000_000 == len(answer.content)
    else:
        assert (200 if kind == "html_200" else 201) == answer.status_code
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_a_huge_answer_does_not_keep_others_waiting(simulator: RunningSimulator):
    simulator.set_faults({"match": {**SMS, "first": 1}, "effect": {"kind": "huge_body"}})
    form = {"To": "+12025550123", "From": "+12025550100", "Body": "x"}

    with requests.post(
        simulator.url(MESSAGES), data=form, auth=AUTH, timeout=10, stream=True
    ) as endless:
        answer = simulator.sms()

        assert str(1 << 30) == endless.headers["Content-Length"]
        assert 201 == answer.status_code


def test_latency_delays_the_answer_not_the_acceptance(simulator: RunningSimulator):
    simulator.set_faults({"match": SMS, "effect": {"kind": "latency", "seconds": 0.05}})

    assert 201 == simulator.sms().status_code
    assert 1 == accepted(simulator)


def test_the_address_decides_who_is_hit(simulator: RunningSimulator):
    simulator.set_faults(
        {"match": {**SMS, "to_suffix": "0123"}, "effect": {"kind": "error", "code": 21610}},
        {"match": {**SMS, "to_regex": "^\\+44"}, "effect": {"kind": "error", "code": 21408}},
    )

    answers = [simulator.sms(to=to) for to in ("+12025550123", "+447400123456", "+12025550124")]

    assert [400, 400, 201] == [answer.status_code for answer in answers]


def test_every_first_and_chance_choose_the_same_calls_for_the_same_seed(
    simulator: RunningSimulator,
):
    rules = [
        {"match": {**SMS, "every": 5}, "effect": {"kind": "error", "status": 503}},
        {"match": {**SMS, "first": 2}, "effect": {"kind": "error", "status": 500}},
        {"match": {**SMS, "probability": 0.5}, "effect": {"kind": "error", "status": 429}},
    ]

    runs = []
    for seed in (7, 7, 8):
        simulator.set_faults(*rules, seed=seed)
        runs.append([simulator.sms().status_code for _ in range(30)])

    assert runs[0] == runs[1] != runs[2]
    assert [500, 500] == runs[0][:2]
    assert {503} == set(runs[0][4::5])
    assert {201, 429} == set(runs[0][2:]) - {503}


def test_a_window_counts_from_the_installation_of_the_plan(start_simulator: Any):
    clock = {"now": 1_800_000_000.0}
    simulator = start_simulator(now=lambda: clock["now"])
    match = {**SMS, "after_s": 10, "for_s": 5}
    simulator.set_faults({"match": match, "effect": {"kind": "error", "status": 503}})
    statuses = []

    for seconds in (0, 9, 10, 14, 15):
        clock["now"] = 1_800_000_000.0 + seconds
        statuses.append(simulator.sms().status_code)

    assert [201, 201, 503, 503, 201] == statuses


@pytest.mark.parametrize(
    ("effect", "status"),
    [
        ({"kind": "error", "status": 503}, 503),
        ({"kind": "error", "code": 20429}, 429),
        ({"kind": "latency", "seconds": 0.01}, 200),
    ],
)
def test_look_ups_can_be_spoilt_while_sending_works(
    simulator: RunningSimulator, effect: dict[str, Any], status: int
):
    simulator.set_faults({"match": {**SMS, "operation": "lookup"}, "effect": effect})

    sent = simulator.sms()
    listed = simulator.session.get(simulator.url(MESSAGES), auth=AUTH, timeout=10)

    assert (201, status) == (sent.status_code, listed.status_code)


@pytest.mark.parametrize(
    "effect", [{"kind": "close_before_accept"}, {"kind": "hang", "seconds": 0.01}]
)
def test_a_look_up_can_lose_its_answer(simulator: RunningSimulator, effect: dict[str, Any]):
    simulator.set_faults({"match": {**SMS, "operation": "lookup"}, "effect": effect})

    with pytest.raises(requests.ConnectionError):
        simulator.session.get(simulator.url(MESSAGES), auth=AUTH, timeout=10)


def test_push_is_spoilt_in_its_own_format(simulator: RunningSimulator, bearer: dict[str, str]):
    simulator.set_faults(
        {"match": {**PUSH, "first": 1}, "effect": {"kind": "error", "code": "UNREGISTERED"}},
        {"match": {**PUSH, "first": 1}, "effect": {"kind": "no_sid"}},
        {"match": PUSH, "effect": {"kind": "error", "status": 502, "message": "Bad gateway"}},
    )
    url = simulator.url("/v1/projects/race/messages:send")

    answers = [
        simulator.session.post(url, json={"message": {"token": "t"}}, headers=bearer, timeout=10)
        for _ in range(3)
    ]

    assert [404, 200, 502] == [answer.status_code for answer in answers]
    assert {} == answers[1].json()
    assert "Bad gateway" == answers[2].json()["error"]["message"]
    assert 1 == accepted(simulator, "push")


@pytest.mark.parametrize(
    ("effect", "error", "code"),
    [
        ({"at": "rcpt", "code": 550}, smtplib.SMTPRecipientsRefused, 550),
        ({"at": "rcpt", "code": 450}, smtplib.SMTPRecipientsRefused, 450),
        ({"at": "data", "code": 421}, smtplib.SMTPDataError, 421),
        ({"at": "dot", "code": 451}, smtplib.SMTPDataError, 451),
        ({"at": "dot", "code": 554, "message": "No spam"}, smtplib.SMTPDataError, 554),
    ],
)
def test_smtp_refuses_at_the_named_moment(
    simulator: RunningSimulator, effect: dict[str, Any], error: type[Exception], code: int
):
    simulator.set_faults(
        {"match": {**EMAIL, "first": 1}, "effect": {"kind": "smtp_reply", **effect}}
    )

    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client, pytest.raises(error) as refused:
        client.send_message(mail())

    assert str(code) in str(refused.value)
    assert 0 == accepted(simulator, "email")


@pytest.mark.parametrize(
    ("effect", "count"),
    [
        ({"kind": "accept_then_close"}, 1),
        ({"kind": "close_before_accept"}, 0),
        ({"kind": "hang", "seconds": 0.05}, 0),
        ({"kind": "hang", "seconds": 0.05, "accepted": True}, 1),
    ],
)
def test_smtp_loses_the_reply_to_the_final_dot(
    simulator: RunningSimulator, effect: dict[str, Any], count: int
):
    simulator.set_faults({"match": EMAIL, "effect": effect})

    with (
        smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client,
        pytest.raises(smtplib.SMTPServerDisconnected),
    ):
        client.send_message(mail())

    assert count == accepted(simulator, "email")


def test_after_a_refused_mail_the_connection_serves_on(simulator: RunningSimulator):
    simulator.set_faults(
        {
            "match": {**EMAIL, "to_suffix": "@example.net"},
            "effect": {"kind": "smtp_reply", "at": "dot", "code": 550},
        },
        {"match": EMAIL, "effect": {"kind": "latency", "seconds": 0.02}},
    )
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        with pytest.raises(smtplib.SMTPDataError):
            client.send_message(mail(to="bob@example.net"))
        client.send_message(mail())

    assert 1 == accepted(simulator, "email")


def test_a_rule_for_all_channels_hits_all(simulator: RunningSimulator):
    simulator.set_faults({"effect": {"kind": "close_before_accept"}})

    with pytest.raises(requests.ConnectionError):
        simulator.sms()
    with (
        smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client,
        pytest.raises(smtplib.SMTPServerDisconnected),
    ):
        client.send_message(mail())
