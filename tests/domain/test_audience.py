"""Audience rules: who is in, in which group, and why somebody is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.audience import (
    EVERYBODY,
    AudienceRule,
    CourseIn,
    CourseUses,
    FactRef,
    Group,
    LanguageIn,
    LeftOut,
    NotFinished,
    PaymentWithin,
    StatusIn,
    WaveIn,
    bind,
    explain,
    holds,
)
from tests.domain.samples import a_person, a_race

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
WINDOW = {"from": "2026-12-01T06:00-06:00", "to": "2026-12-01T07:00-06:00"}


def paid(*results):
    return PaymentWithin(results, FactRef("from"), FactRef("to"))


def told(rule, facts, **person):
    return explain(bind(rule, facts, a_race()), a_person(**person))


@pytest.mark.parametrize(
    ("condition", "person", "reason"),
    [
        (StatusIn(("pending",)), {}, LeftOut.STATUS),
        (CourseIn(("half",)), {}, LeftOut.COURSE),
        (WaveIn(("B",)), {}, LeftOut.WAVE),
        (LanguageIn(("zh-CN",)), {}, LeftOut.LANGUAGE),
        (NotFinished(), {"finished": True}, LeftOut.FINISHED),
    ],
)
def test_the_first_condition_that_fails_is_the_reason(condition, person, reason):
    rule = AudienceRule((StatusIn(("confirmed", "pending")), condition, WaveIn(("Z",))))

    assert (None, reason) == told(rule, {}, **person)


def test_somebody_for_whom_all_conditions_hold_is_told():
    rule = AudienceRule((StatusIn(("confirmed",)), NotFinished()))

    assert (EVERYBODY, None) == told(rule, {})
    assert (EVERYBODY,) == rule.group_ids


@pytest.mark.parametrize("empty", [{}, {"which": ()}])
@pytest.mark.parametrize("make", [CourseIn, WaveIn, CourseUses])
def test_an_optional_fact_left_empty_affects_everybody(make, empty):
    assert (EVERYBODY, None) == told(AudienceRule((make(FactRef("which")),)), empty)


def test_a_closed_segment_affects_the_courses_that_run_over_it():
    rule = AudienceRule((CourseUses(FactRef("closed")),))

    assert (EVERYBODY, None) == told(rule, {"closed": ("river",)}, course="marathon")
    assert (None, LeftOut.COURSE) == told(rule, {"closed": ("river",)}, course="half")
    assert (EVERYBODY, None) == told(rule, {"closed": ("park",)}, course="half")


@pytest.mark.parametrize(
    ("minutes", "inside"), [(-1, False), (0, True), (30, True), (60, True), (61, False)]
)
def test_the_window_of_payments_includes_both_ends(minutes, inside):
    attempts = ((NOON + timedelta(minutes=minutes), "failed"),)
    (condition,) = bind(AudienceRule((paid("failed"),)), WINDOW, a_race()).conditions

    assert inside == holds(condition, a_person(payments=attempts))


def groups():
    return AudienceRule(
        (paid("paid", "pending", "failed"),),
        (
            Group("charged", {}, (StatusIn(("pending",)), paid("paid"))),
            Group("failed", {}, (StatusIn(("pending",)), paid("failed"))),
        ),
    )


def test_the_first_group_that_fits_is_the_persons_group():
    both = ((NOON, "failed"), (NOON, "paid"))

    assert ("charged", None) == told(groups(), WINDOW, status="pending", payments=both)
    assert ("failed", None) == told(groups(), WINDOW, status="pending", payments=both[:1])
    assert ("charged", "failed") == groups().group_ids


def test_whom_no_group_takes_is_left_out_for_what_the_groups_ask_first():
    assert (None, LeftOut.STATUS) == told(groups(), WINDOW, payments=((NOON, "paid"),))
    assert (None, LeftOut.PAYMENT) == told(groups(), WINDOW)


@pytest.mark.parametrize(
    "condition", [CourseIn(FactRef("x")), WaveIn(FactRef("x")), CourseUses(("x",)), paid("paid")]
)
def test_a_rule_that_was_not_bound_cannot_be_asked(condition):
    with pytest.raises(TypeError, match="bind"):
        holds(condition, a_person(payments=((NOON, "paid"),)))


conditions = st.one_of(
    st.sampled_from([NotFinished(), StatusIn(("confirmed",)), LanguageIn(("en",))]),
    st.builds(CourseIn, st.just(FactRef("courses"))),
    st.builds(CourseUses, st.just(FactRef("closed"))),
    st.builds(WaveIn, st.just(FactRef("waves"))),
)
people = st.builds(
    a_person,
    course=st.sampled_from(["marathon", "half", "gone"]),
    wave=st.sampled_from(["A", "B", ""]),
    status=st.sampled_from(["confirmed", "pending"]),
    language=st.sampled_from(["en", "zh-CN"]),
    finished=st.booleans(),
)
facts_given = st.fixed_dictionaries(
    {},
    optional={
        "courses": st.sampled_from([("marathon",), ("half", "marathon")]),
        "closed": st.sampled_from([("river",), ("park",)]),
        "waves": st.just(("A",)),
    },
)


@given(st.lists(conditions, max_size=4).map(tuple), people, facts_given)
def test_told_or_left_out_with_the_reason_of_a_condition_that_fails(listed, person, facts):
    rule = bind(AudienceRule(listed), facts, a_race())

    group, reason = explain(rule, person)

    failing = [each.reason for each in rule.conditions if not holds(each, person)]
    assert (group is None) == bool(failing)
    assert reason == (failing[0] if failing else None)
