"""Playbook files: what ships loads, and every mistake is told with its file and line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from notify.domain.audience import CourseUses, FactRef, NotFinished, PaymentWithin, StatusIn
from notify.domain.delivery import Channel
from notify.domain.incident import Severity
from notify.domain.notice import NoticeKind
from notify.domain.playbook import FactType
from notify.domain.text import LANGUAGES
from notify.playbooks import PlaybookError, load_playbook, load_playbooks

SHIPPED = Path(__file__).parents[2] / "playbooks"

GOOD = """\
id: trial
name: {en: Trial, zh-CN: 试验}
summary: {en: A trial, zh-CN: 一次试验}
severity: minor
priority: 5
channels: [sms]
kinds: [alert]
expires_after: 90m
facts:
  - id: what
    type: text
    label: {en: What, zh-CN: 什么}
audience:
  - status: [confirmed]
"""


@pytest.fixture
def problems(tmp_path):
    """Give a function that returns what is said of a file, each with its line."""

    def said(text, name="trial.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(PlaybookError) as error:
            load_playbook(path)
        return [problem.removeprefix(f"{path}:") for problem in error.value.problems]

    return said


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_the_three_shipped_playbooks_load_most_urgent_first():
    books = load_playbooks(SHIPPED)

    assert ["weather_cancellation", "route_change", "payment_outage"] == list(books)
    for book in books.values():
        assert {"sms", "push", "email"} == set(book.channels)
        assert ["holding", "alert", "update", "correction", "all_clear"] == list(book.kinds)
        assert "next_update_at" == book.promise
        assert all(set(LANGUAGES) <= set(fact.label) for fact in book.facts)


def test_weather_affects_everybody_not_finished_of_the_courses_named():
    book = load_playbook(SHIPPED / "weather_cancellation.yaml")

    assert StatusIn(("confirmed", "pending", "waitlisted")) == book.audience.conditions[0]
    assert NotFinished() in book.audience.conditions
    decision = book.fact("decision")
    assert decision is not None
    assert {"cancelled", "postponed", "shortened", "delayed_start"} < set(decision.options)
    assert frozenset({NoticeKind.HOLDING}) == decision.optional_in
    new_start = book.fact("new_start")
    assert new_start is not None
    assert {"decision": ("delayed_start",)} == new_start.required_when


def test_a_route_change_follows_the_closed_segments():
    book = load_playbook(SHIPPED / "route_change.yaml")

    assert CourseUses(FactRef("segments_closed")) in book.audience.conditions


def test_a_payment_outage_tries_the_charged_first():
    book = load_playbook(SHIPPED / "payment_outage.yaml")

    assert ("charged", "pending", "failed") == book.audience.group_ids
    window = FactRef("outage_from"), FactRef("outage_to")
    assert PaymentWithin(("paid",), *window) in book.audience.groups[0].conditions


def test_a_file_becomes_a_playbook(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text(GOOD, encoding="utf-8-sig")

    book = load_playbook(path)

    assert ("trial", {"en": "Trial", "zh-CN": "试验"}) == (book.id, book.name)
    assert (Severity.MINOR, 5, (Channel.SMS,)) == (book.severity, book.priority, book.channels)
    assert ((NoticeKind.ALERT,), timedelta(minutes=90)) == (book.kinds, book.expires_after)
    assert [("what", FactType.TEXT)] == [(fact.id, fact.type) for fact in book.facts]
    assert (64, None) == (len(book.source_hash), book.promise)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("id: trial\n  b: [\n", 2, "not valid YAML"),
        (changed("Trial, zh-CN", "Trial?, zh-CN"), 2, "not valid YAML"),
        (changed("severity: minor", "severity: [minor"), 5, "not valid YAML"),
        ("id: trial\nname: \x01\n", 2, "control character"),
        (b"id: trial\nname: \xff\n", 2, "not UTF-8"),
        (changed("en: Trial", "en: !!python/name:os.system x"), 2, "cannot be read"),
        (changed("priority: 5", "priority: 2026-13-45"), 5, "cannot be read"),
        ("", 1, "must be a mapping"),
        ("- 1\n", 1, "must be a mapping"),
        ("a: &x [1]\nb: [*x, *x]\n", 2, "alias"),
        (changed("priority: 5", "priority: 5\npriority: 6"), 6, "'priority' twice"),
        ("[1]: 2\n" + GOOD, 1, "not a word"),
        (changed("id: trial", "id: other"), 1, "id: must be 'trial'"),
        (changed("id: trial", "id: Trial!"), 1, "lower-case"),
        (changed(", zh-CN: 试验", ""), 2, "name.zh-CN: missing translation"),
        (changed("{en: Trial, zh-CN: 试验}", "Trial"), 2, "one text per language"),
        (changed("zh-CN: 试验", "zh_cn: 试验"), 2, "name.zh_cn: is not a language tag"),
        (changed("en: Trial", "en: ''"), 2, "name.en: must be a text"),
        (changed("minor", "loud"), 4, "severity: must be one of minor, moderate"),
        (changed("priority: 5", "priority: 12"), 5, "priority: must be from 0"),
        (changed("priority: 5", "priority: high"), 5, "whole number"),
        (changed("[sms]", "[sms, fax]"), 6, "channels[1]: must be one of sms, push, email"),
        (changed("[sms]", "[sms, sms]"), 6, "lists sms twice"),
        (changed("[sms]", "[]"), 6, "at least one"),
        (changed("[sms]", "sms"), 6, "channels: must be a list"),
        (changed("[alert]", "[holding]"), 7, "kinds: must include alert"),
        (changed("90m", "90"), 8, "expires_after: must be a number with m, h or d"),
        (changed("90m", "0m"), 8, "expires_after"),
        (changed("90m", ""), 8, "expires_after: is empty"),
        (changed("severity: minor\n", ""), 1, "severity: is missing"),
        (GOOD + "colour: red\n", 15, "colour: is not a key"),
        (GOOD + "promise: what\n", 15, "promise: 'what' is a fact of type text"),
        (GOOD + "promise: when\n", 15, "promise: 'when' is not a fact of this playbook"),
        (changed("type: text", "type: colour"), 11, "facts[0].type: must be one of choice"),
        (changed("type: text", "type: choice"), 10, "a choice needs options"),
        (changed("    label", "    required: perhaps\n    label"), 12, "true or false"),
        (changed("    label", "    max_length: 0\n    label"), 12, "max_length"),
        (changed("    label", "    lable: x\n    label"), 12, "facts[0].lable: is not a key"),
        (
            changed("    label", "    options: {a: {en: A, zh-CN: 甲}}\n    label"),
            12,
            "only a fact",
        ),
        (
            changed("    label", "    required_when: {who: [a]}\n    label"),
            12,
            "'who' is not a fact",
        ),
        (changed("type: text", "type: datetime\n    example: soon"), 12, "e.g. +2h, -90m or -1d"),
        (changed("status: [confirmed]", "status: [confrmed]"), 14, "confrmed is not allowed"),
        (changed("status: [confirmed]", "stat: [confirmed]"), 14, "stat: is not a condition"),
        (changed("status: [confirmed]", "status: [confirmed]\n    wave: [A]"), 14, "with one key"),
        (changed("status: [confirmed]", "confirmed"), 14, "with one key"),
        (changed("status: [confirmed]", "not_finished: false"), 14, "can only be true"),
        (changed("status: [confirmed]", "course: {fact: who}"), 14, "'who' is not a fact"),
        (changed("status: [confirmed]", "wave: {fact: what}"), 14, "a waves fact is needed"),
        (changed("status: [confirmed]", "wave: {facts: what}"), 14, "facts: is not a key"),
        (changed("status: [confirmed]", "wave: []"), 14, "at least one"),
        (changed("status: [confirmed]", "payment: {result: [paid]}"), 14, "from: is missing"),
        (GOOD + "groups: [{id: a, name: {en: A, zh-CN: 甲}}]\n", 15, "groups[0].when: is missing"),
        (GOOD + "groups: 7\n", 15, "groups: must be a list"),
    ],
)
def test_a_mistake_is_told_with_its_line(problems, text, line, said):
    found = problems(text)

    assert [p for p in found if p.startswith(f"{line}: ") and said in p], found


def test_a_payment_window_must_always_be_known(problems):
    window = "payment: {result: [paid], from: {fact: what}, to: {fact: what}}"

    found = problems(changed("status: [confirmed]", window).replace("type: text", "type: datetime"))

    assert all("audience[0].payment" in problem for problem in found)
    assert all("must be `required: true`" in problem for problem in found)
    assert 2 == len(found)


def test_choices_name_options_that_exist(problems):
    text = changed(
        "type: text",
        "type: choice\n    options: {a: {en: A, zh-CN: 甲}}\n    default: b\n"
        "    required_when: {what: [a, c]}",
    )

    found = problems(text)

    assert 2 == len(found)
    assert "13: facts[0].default: 'b' is not one of the options a" == found[0]
    assert "14: facts[0].required_when.what: 'c' is not an option of what; it has a" == found[1]


def test_all_mistakes_of_all_files_are_told_together(tmp_path):
    bad = GOOD.replace("minor", "loud").replace("[sms]", "[fax]") + "colour: red\n"
    (tmp_path / "trial.yaml").write_text(bad, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")

    with pytest.raises(PlaybookError) as error:
        load_playbooks(tmp_path)

    assert ["broken.yaml", "other.yaml", "trial.yaml", "trial.yaml", "trial.yaml"] == [
        Path(problem.split(":")[0]).name for problem in error.value.problems
    ]
    assert all(problem in str(error.value) for problem in error.value.problems)


def test_a_missing_directory_or_file_is_told(tmp_path):
    with pytest.raises(PlaybookError, match="no such directory"):
        load_playbooks(tmp_path / "none")
    with pytest.raises(PlaybookError, match="has no playbook"):
        load_playbooks(tmp_path)
    with pytest.raises(PlaybookError, match="cannot be read"):
        load_playbook(tmp_path / "none.yaml")


def test_a_file_too_large_to_be_a_playbook_is_not_read(problems):
    assert "longer than 256 KiB" in problems(b"a" * 300_000)[0]
