from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notify.simulator import FaultFileError, load_faults, parse_faults
from tests.simulator.running import RunningSimulator

ERROR = {"kind": "error", "status": 500}
LOST = {"kind": "accept_then_close"}


def refusal(document: Any) -> str:
    with pytest.raises(FaultFileError) as refused:
        parse_faults(document, "plan.yaml")
    return str(refused.value)


def test_yaml_and_json_are_read_and_described_as_written(tmp_path: Path):
    yaml, json = tmp_path / "plan.yaml", tmp_path / "plan.json"
    yaml.write_text(
        "seed: 7\nrules:\n- {match: {channel: sms, every: 3}, effect: {kind: bad_json}}\n"
    )
    json.write_text('[{"effect": {"kind": "accept_then_close"}}]')

    plans = load_faults(yaml), load_faults(json)

    assert {
        "seed": 7,
        "rules": [
            {
                "match": {"channel": "sms", "every": 3},
                "effect": {"kind": "bad_json"},
                "seen": 0,
                "fired": 0,
            }
        ],
    } == plans[0].describe()
    assert (0, "accept_then_close") == (plans[1].seed, plans[1].rules[0].effect.kind)


def test_an_empty_file_is_an_empty_plan(tmp_path: Path):
    path = tmp_path / "plan.yaml"
    path.write_text("")

    assert [] == load_faults(path).rules


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"rules: [", "plan.yaml, line 1: "),
        (b"\xff\xfe\x00", "plan.yaml: is not UTF-8 text (byte 0)"),
        (b"just text", "plan.yaml: expected a list of rules, or seed and rules"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_name(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)

    with pytest.raises(FaultFileError) as refused:
        load_faults(path)

    assert sentence in str(refused.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(FaultFileError, match=r"none\.yaml: cannot be read: No such file"):
        load_faults(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"rule": []}, "plan.yaml: unknown key 'rule'; expected rules, seed"),
        ({"seed": "x"}, "plan.yaml: seed: expected a whole number"),
        ({"rules": {}}, "plan.yaml: rules: expected a list"),
        (["x"], "plan.yaml: rule 1: expected match and effect"),
        ([{"effect": LOST}, {"efect": {}}], "plan.yaml: rule 2: unknown key 'efect'"),
        (
            [{"name": "lost", "effect": {}}],
            "plan.yaml: rule 1 (lost): effect: kind: expected one of",
        ),
        ([{"match": [], "effect": ERROR}], "rule 1: match: expected keys and values"),
        ([{"match": {"chanel": "sms"}, "effect": ERROR}], "match: unknown key 'chanel'"),
        (
            [{"match": {"channel": "fax"}, "effect": ERROR}],
            "channel: expected one of sms, push, email",
        ),
        (
            [{"match": {"to_suffix": 155}, "effect": ERROR}],
            "to_suffix: expected text (put digits in",
        ),
        (
            [{"match": {"to_regex": "("}, "effect": ERROR}],
            "to_regex: expected a regular expression",
        ),
        ([{"match": {"every": 0}, "effect": ERROR}], "every: expected a whole number from 1"),
        ([{"match": {"first": True}, "effect": ERROR}], "first: expected a whole number from 1"),
        (
            [{"match": {"probability": 2}, "effect": ERROR}],
            "probability: expected a number from 0 to 1",
        ),
        ([{"effect": {"kind": "explode"}}], "effect: kind: expected one of error,"),
        (
            [{"effect": {**ERROR, "stauts": 1}}],
            "effect: error: unknown key 'stauts'; expected code,",
        ),
        (
            [{"effect": {"kind": "accept_then_close", "x": 1}}],
            "unknown key 'x'; expected nothing else",
        ),
        (
            [{"match": {"channel": "sms"}, "effect": {"kind": "error"}}],
            "needs status, code or both",
        ),
        ([{"match": {"channel": "sms"}, "effect": {"kind": "hang"}}], "hang: needs seconds"),
        (
            [{"match": {"channel": "sms"}, "effect": {**ERROR, "status": 200}}],
            "status: expected a whole",
        ),
        ([{"effect": ERROR}], "set match: channel to one of push, sms"),
        (
            [{"match": {"channel": "email"}, "effect": ERROR}],
            "set match: channel to one of push, sms",
        ),
        (
            [{"match": {"channel": "email"}, "effect": {"kind": "smtp_reply", "code": 250}}],
            "code: expected a reply from 400 to 599",
        ),
        (
            [{"match": {"channel": "email"}, "effect": {"kind": "smtp_reply", "code": "x"}}],
            "code: expected a reply from 400 to 599",
        ),
        (
            [{"match": {"channel": "push"}, "effect": {"kind": "receipt_drop"}}],
            "only SMS have receipts",
        ),
        (
            [{"match": {"channel": "sms"}, "effect": {"kind": "receipt", "code": "late"}}],
            "code: expected a Twilio error number",
        ),
        (
            [{"match": {"channel": "push", "operation": "lookup"}, "effect": ERROR}],
            "lookup is for channel sms only",
        ),
        (
            [{"match": {"channel": "sms", "operation": "token"}, "effect": ERROR}],
            "token is for channel push only",
        ),
    ],
)
def test_a_wrong_rule_is_refused_with_its_number_and_key(document: Any, sentence: str):
    text = refusal(document)

    assert text.startswith("plan.yaml")
    assert sentence in text


def test_a_plan_is_replaced_read_and_removed_over_http(simulator: RunningSimulator):
    rule = {"name": "down", "match": {"channel": "sms"}, "effect": ERROR}
    simulator.set_faults(rule, seed=3)
    simulator.sms()

    described = simulator.get("/_faults")
    refused = simulator.session.post(simulator.url("/_faults"), json=[{"efect": 1}], timeout=10)
    nonsense = simulator.session.post(simulator.url("/_faults"), data=b"{", timeout=10)
    kept = simulator.get("/_faults")
    simulator.session.delete(simulator.url("/_faults"), timeout=10)

    assert {"seed": 3, "rules": [{**rule, "seen": 1, "fired": 1}]} == described == kept
    assert (400, 400) == (refused.status_code, nonsense.status_code)
    assert "rule 1: unknown key 'efect'" in refused.json()["error"]
    assert 201 == simulator.sms().status_code
