from __future__ import annotations

import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from notify.simulator.log import AcceptanceLog
from tests.simulator.running import TO, RunningSimulator, Start, json_lines, mail

FULL = Path("/dev/full")


def test_a_line_is_on_disk_before_the_answer_and_one_commit_serves_all_of_a_turn(tmp_path: Path):
    path, turns, on_disk = tmp_path / "log.jsonl", list[Callable[[], None]](), list[bytes]()
    log = AcceptanceLog(path, turns.append, list[OSError]().append)

    for number in range(3):
        log.append("sms", b'{"n": %d}' % number, lambda: on_disk.append(path.read_bytes()))
    answered_early = len(on_disk)
    for turn in turns:
        turn()
    log.close()

    assert (0, 1) == (answered_early, len(turns))
    assert [b'{"n": 0}\n{"n": 1}\n{"n": 2}\n'] * 3 == on_disk


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_when_the_disk_refuses_nobody_is_answered():
    broken: list[OSError] = []
    turns: list[Callable[[], None]] = []
    log = AcceptanceLog(FULL, turns.append, broken.append)

    log.append("sms", b"{}", lambda: pytest.fail("answered"))
    turns[0]()

    assert ["No space left on device"] == [error.strerror for error in broken]


def test_every_channel_is_in_the_log_file_when_its_answer_arrives(
    start_simulator: Start, tmp_path: Path
):
    path = tmp_path / "deep" / "log.jsonl"
    simulator = start_simulator(log_file=path)

    sid = simulator.sms().json()["sid"]
    after_sms = json_lines(path.read_bytes())
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.send_message(mail())
        after_mail = json_lines(path.read_bytes())

    assert [sid] == [line["sid"] for line in after_sms]
    assert ["sms", "email"] == [line["channel"] for line in after_mail]
    assert "<delivery-17@example.org>" == after_mail[1]["message_id"]


def test_a_lost_answer_is_in_the_log_file(start_simulator: Start, tmp_path: Path):
    path = tmp_path / "log.jsonl"
    simulator = start_simulator(log_file=path)
    simulator.set_faults({"effect": {"kind": "accept_then_close"}})

    with pytest.raises(requests.ConnectionError):
        simulator.sms()

    assert [TO] == [line["to"] for line in json_lines(path.read_bytes())]


def test_a_log_file_is_appended_to_and_never_shortened(start_simulator: Start, tmp_path: Path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"earlier": true}\n')
    simulator = start_simulator(log_file=path)

    simulator.sms(body="one")
    simulator.session.delete(simulator.url("/_log"), timeout=10)
    simulator.sms(body="two")

    lines = json_lines(path.read_bytes())
    assert [None, "one", "two"] == [line.get("body") for line in lines]
    assert ["two"] == [entry["body"] for entry in simulator.log("sms")]


def test_clearing_forgets_messages_and_later_sids_are_new(simulator: RunningSimulator):
    first = simulator.sms().json()
    path = first["uri"]
    account = (first["account_sid"], "simulated-auth-token")

    counts = simulator.session.delete(simulator.url("/_log"), timeout=10).json()
    second = simulator.sms().json()

    assert {"sms": 0, "push": 0, "email": 0} == counts
    assert first["sid"] != second["sid"]
    assert 404 == simulator.session.get(simulator.url(path), auth=account, timeout=10).status_code
    assert second["sid"] == simulator.get(second["uri"], auth=account)["sid"]


def test_the_log_is_read_in_parts(simulator: RunningSimulator):
    for number in range(5):
        simulator.sms(body=str(number))

    part = simulator.log("sms", start=1, limit=3)
    beyond = simulator.log("sms", start=9)

    assert ["1", "2", "3"] == [entry["body"] for entry in part]
    assert [] == beyond
    assert {"sms", "push", "email"} == simulator.get("/_log").keys()


@pytest.mark.parametrize("query", ["channel=fax", "start=x", "limit=-1"])
def test_a_bad_log_query_is_refused(simulator: RunningSimulator, query: str):
    answer = simulator.session.get(simulator.url(f"/_log?{query}"), timeout=10)

    assert 400 == answer.status_code
    assert answer.json()["error"].startswith(query.partition("=")[0])


def test_a_log_larger_than_its_buffers_is_read_whole(simulator: RunningSimulator):
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        for number in range(100):
            client.send_message(mail(f"{number} " + "wind " * 2000))

    entries = simulator.log("email")

    assert [str(number) for number in range(100)] == [entry["text"].split()[0] for entry in entries]


def test_the_statistics_count_requests_and_cpu(simulator: RunningSimulator):
    simulator.sms()

    stats = simulator.get("/_stats")

    assert (2, {"sms": 1, "push": 0, "email": 0}) == (stats["requests"], stats["accepted"])
    assert stats["cpu_s"] > 0
    assert stats["max_rss_bytes"] > 1_000_000
