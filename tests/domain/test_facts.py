"""Facts: what was typed becomes values or errors that say what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.audience import AudienceRule, FactRef, PaymentWithin
from notify.domain.facts import FactsRefused, read_facts, sample_facts
from notify.domain.notice import NoticeKind
from notify.domain.playbook import FactType
from tests.domain.samples import a_fact, a_playbook, a_race

MINUTE = timedelta(minutes=1)

CHOICE = a_fact(
    "decision", FactType.CHOICE, options={"stop": {"en": "Stop"}, "go": {"en": "Go"}}, required=True
)


def refusals(playbook, typed, **more):
    with pytest.raises(FactsRefused) as refused:
        read_facts(playbook, a_race(), typed, **more)
    return {error.fact: error.code for error in refused.value.errors}


def read_one(kind, typed, **more):
    return read_facts(a_playbook(a_fact("what", kind, **more)), a_race(), {"what": typed})


def test_every_mistake_is_told_at_once():
    book = a_playbook(
        CHOICE,
        a_fact("at", FactType.DATETIME),
        a_fact("link", FactType.URL),
        a_fact("waves", FactType.WAVES),
        a_fact("short", max_length=3),
    )

    codes = refusals(
        book, {"nonsense": "1", "at": "soon", "link": "http://x", "waves": "A,Z", "short": "long!"}
    )

    assert {
        "nonsense": "unknown",
        "decision": "missing",
        "at": "not_a_time",
        "link": "not_a_link",
        "waves": "not_a_choice",
        "short": "too_long",
    } == codes


@pytest.mark.parametrize(
    "typed",
    ["2026-12-06", "20261206", "2026-W49-7", "9999-12-31T23:59", "0001-01-01T00:00", "06:30"],
)
def test_a_time_needs_its_date_and_its_hour_in_this_century(typed):
    assert {"at": "not_a_time"} == refusals(
        a_playbook(a_fact("at", FactType.DATETIME)), {"at": typed}
    )


def test_a_window_that_ends_before_it_begins_is_named():
    rule = AudienceRule((PaymentWithin(("failed",), FactRef("since"), FactRef("until")),), ())
    book = a_playbook(
        a_fact("since", FactType.DATETIME), a_fact("until", FactType.DATETIME), audience=rule
    )

    def codes(since, until):
        return refusals(book, {"since": since, "until": until})

    assert {"until": "too_early"} == codes("2026-12-02T08:00", "2026-12-01T08:00")
    assert {"until": "not_a_time"} == codes("2026-12-02T08:00", "then")


def test_a_wrong_value_is_not_also_called_missing():
    assert {"decision": "not_a_choice"} == refusals(a_playbook(CHOICE), {"decision": "perhaps"})


def test_choices_and_lists_keep_their_order_and_lose_repetitions():
    assert {"what": ("B", "A")} == read_one(FactType.WAVES, ["B", "A", "B"])
    assert {"what": ("half", "marathon")} == read_one(FactType.COURSES, "half, marathon")
    assert {"what": ("river",)} == read_one(FactType.SEGMENTS, ["river"])


def test_one_value_facts_take_one_value():
    assert {"what": "one_only"} == refusals(a_playbook(a_fact()), {"what": ["a", "b"]})


def test_times_are_the_wall_clock_of_the_race():
    assert {"what": "2026-12-05T18:00-06:00"} == read_one(FactType.DATETIME, "2026-12-05T18:00")
    assert {"what": "2026-12-05T18:00-06:00"} == read_one(FactType.DATETIME, "2026-12-06T00:00Z")


@pytest.mark.parametrize("typed", ["2026-03-08T02:30", "2026-11-01T01:30"])
def test_a_time_that_does_not_exist_or_happens_twice_is_refused(typed):
    assert {"what": "wall_clock"} == refusals(
        a_playbook(a_fact("what", FactType.DATETIME)), {"what": typed}
    )


def test_a_time_that_happens_twice_is_taken_with_its_offset():
    facts = read_one(FactType.DATETIME, "2026-11-01T01:30-06:00")

    assert {"what": "2026-11-01T01:30-06:00"} == facts


@pytest.mark.parametrize(
    "typed",
    [
        *("http://x.example.com", "https://", "https://x y", "javascript:alert(1)", "//[", "x"),
        *(
            "https://x.example.com/\nSTOP",
            "https://x\t.example.com",
            "https://x.example.com/\x1b[1m",
        ),
        *("https://x.example.com/\u202egpj", "https://x.example.com:99999/"),
    ],
)
def test_links_must_be_https(typed):
    assert {"what": "not_a_link"} == refusals(
        a_playbook(a_fact("what", FactType.URL)), {"what": typed}
    )


@pytest.mark.parametrize("typed", ["a\x00b", "a\u202eb", "\ue000"])
def test_characters_that_cannot_be_shown_are_refused(typed):
    assert {"what": "not_text"} == refusals(a_playbook(a_fact()), {"what": typed})


def test_a_link_has_a_greatest_length_too():
    typed = {"what": "https://x.example.com/" + "a" * 200}

    assert {"what": "too_long"} == refusals(a_playbook(a_fact("what", FactType.URL)), typed)


def test_text_becomes_one_line():
    assert {"what": "one two three"} == read_one(FactType.TEXT, "  one\ntwo\t three ")


def test_empty_optional_facts_are_left_out():
    book = a_playbook(a_fact("a"), a_fact("b", FactType.WAVES), a_fact("c", FactType.DATETIME))

    assert {} == read_facts(book, a_race(), {"a": "  ", "b": [], "c": ""})


def test_a_fact_is_required_when_another_says_so():
    at = a_fact("at", FactType.DATETIME, required_when={"decision": ("stop",)})
    book = a_playbook(CHOICE, at)

    assert {"at": "missing"} == refusals(book, {"decision": "stop"})
    assert {"decision": "go"} == read_facts(book, a_race(), {"decision": "go"})


def test_a_holding_notice_does_without_what_is_not_decided_yet():
    book = a_playbook(a_fact("a", required=True, optional_in=frozenset({NoticeKind.HOLDING})))

    assert {} == read_facts(book, a_race(), {}, NoticeKind.HOLDING)
    assert {"a": "missing"} == refusals(book, {}, kind=NoticeKind.ALERT)


@given(st.dictionaries(st.sampled_from(["decision", "what", "at", "x"]), st.text()))
def test_anything_typed_gives_facts_or_says_what_is_wrong(typed):
    book = a_playbook(CHOICE, a_fact("what"), a_fact("at", FactType.DATETIME))
    try:
        facts = read_facts(book, a_race(), typed)
    except FactsRefused:
        return
    assert set(facts) <= {"decision", "what", "at"}
    assert facts["decision"] in {"stop", "go"}


@given(st.integers(0, 366 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + m * MINUTE))
def test_reading_facts_again_changes_nothing(moment):
    book = a_playbook(a_fact("at", FactType.DATETIME))
    once = read_facts(book, a_race(), {"at": moment.isoformat(timespec="minutes")})

    assert once == read_facts(book, a_race(), once)
    assert moment == datetime.fromisoformat(str(once["at"]))


def test_sample_facts_are_facts_one_could_have_typed():
    race = a_race()
    book = a_playbook(
        CHOICE,
        a_fact("default", FactType.CHOICE, options={"a": {}, "b": {}}, default="b"),
        a_fact("words"),
        a_fact("example", example="Mill Street"),
        a_fact("at", FactType.DATETIME, example="+90m"),
        a_fact("before", FactType.DATETIME, example="-1d"),
        a_fact("link", FactType.URL),
        a_fact("closed", FactType.SEGMENTS),
        a_fact("courses", FactType.COURSES),
        a_fact("waves", FactType.WAVES, required=True),
    )

    samples = sample_facts(book, race)

    assert samples == read_facts(book, race, samples)
    assert {
        "decision": "stop",
        "default": "b",
        "words": "-",
        "example": "Mill Street",
        "at": "2026-12-06T09:00-06:00",
        "before": "2026-12-05T07:30-06:00",
        "link": "https://example.com/",
        "closed": ("river",),
        "waves": ("A", "B"),
    } == samples
