"""Random races, registrants and rules, and what the domain says about them: the oracle for SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from notify.domain.audience import (
    AudienceRule,
    Condition,
    CourseIn,
    CourseUses,
    FactRef,
    Group,
    LanguageIn,
    LeftOut,
    NotFinished,
    PaymentResult,
    PaymentWithin,
    Person,
    RegistrationStatus,
    StatusIn,
    WaveIn,
    explain,
)
from notify.domain.delivery import Channel
from notify.domain.race import Course, Race
from tests.usecases.scene import Runner, a_race

BEGAN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
MOMENTS = [BEGAN + timedelta(minutes=minutes) for minutes in range(0, 60, 10)]
COURSES, WAVES, SEGMENTS = ("full", "half", "10k"), ("A", "B", "C", "D"), ("north", "south", "quay")
LANGUAGES = ("en", "zh-CN", "fr")


def several(values: Sequence[str], smallest: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    """Return some of ``values``, each once."""
    return st.lists(st.sampled_from(values), unique=True, min_size=smallest).map(tuple)


@st.composite
def races(draw: st.DrawFn) -> Race:
    """Return a race with one to three courses and up to four waves, some at the same time."""
    courses = tuple(
        Course(course, 10.0, {"en": course}, draw(several(SEGMENTS)))
        for course in draw(several(COURSES, 1))
    )
    starts = st.sampled_from([time(7, 30), time(7, 40), time(7, 20)])
    waves = {wave: draw(starts) for wave in draw(several(WAVES))}
    language = draw(st.sampled_from(("en", "zh-CN")))
    names = {segment: {"en": segment} for segment in SEGMENTS}
    return a_race(courses=courses, waves=waves, segments=names, default_language=language)


def maybe(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    """Return a value or nothing."""
    return st.none() | values


PHONES = [f"+861312345000{number}" for number in range(3)]
EMAILS = ["One@example.org", "one@Example.org", "two@example.org"]
TOKENS = ["ta", "tb", "tc"]

people = st.lists(
    st.builds(
        Runner,
        phone=maybe(st.sampled_from(PHONES)),
        email=maybe(st.sampled_from(EMAILS)),
        tokens=several(TOKENS),
        language=maybe(st.sampled_from(LANGUAGES)),
        course=st.sampled_from(COURSES),
        wave=st.sampled_from((*WAVES, "")),
        status=st.sampled_from([status.value for status in RegistrationStatus]),
        finished_at=st.none() | st.just(BEGAN),
        payments=st.lists(
            st.tuples(st.sampled_from(MOMENTS), st.sampled_from(PaymentResult)),
            unique_by=lambda attempt: attempt[0],
            max_size=3,
        ),
    ),
    max_size=9,
)

FACTS: Mapping[str, st.SearchStrategy[Any]] = {
    "courses": several(COURSES),
    "waves": several(WAVES),
    "segments": several(SEGMENTS),
    "from": st.sampled_from(MOMENTS).map(datetime.isoformat),
    "to": st.sampled_from(MOMENTS).map(datetime.isoformat),
}
facts = st.fixed_dictionaries({}, optional=dict(FACTS)).map(
    lambda given: {"from": BEGAN.isoformat(), "to": MOMENTS[-1].isoformat(), **given}
)

conditions: st.SearchStrategy[Condition] = st.one_of(
    several([status.value for status in RegistrationStatus]).map(StatusIn),
    st.one_of(several(COURSES), st.just(FactRef("courses"))).map(CourseIn),
    st.one_of(several(SEGMENTS), st.just(FactRef("segments"))).map(CourseUses),
    st.one_of(several(WAVES), st.just(FactRef("waves"))).map(WaveIn),
    several(LANGUAGES).map(LanguageIn),
    st.just(NotFinished()),
    st.builds(
        PaymentWithin,
        several([result.value for result in PaymentResult], 1),
        st.sampled_from(MOMENTS) | st.just(FactRef("from")),
        st.sampled_from(MOMENTS) | st.just(FactRef("to")),
    ),
)


@st.composite
def rules(draw: st.DrawFn) -> AudienceRule:
    """Return a rule of up to three conditions and up to three groups."""
    groups = tuple(
        Group(f"g{number}", {"en": "group"}, draw(_conditions_of_a_group))
        for number in range(draw(st.integers(0, 3)))
    )
    return AudienceRule(tuple(draw(st.lists(conditions, max_size=3))), groups)


# A bound group must keep a condition to name the reason; what depends on a fact may fall away.
_conditions_of_a_group = st.lists(conditions, max_size=2).map(
    lambda found: (NotFinished(), *found) if found else (NotFinished(),)
)

channels = st.lists(st.sampled_from(Channel), unique=True, min_size=1).map(tuple)


@dataclass(frozen=True)
class Told:
    """Somebody who is told: what planning works with."""

    registrant_id: int
    runner: Runner
    group: str
    language: str
    rank: int


def expected_people(
    rule: AudienceRule, race: Race, on: Sequence[Channel], written: Mapping[int, Runner]
) -> dict[int, tuple[str | None, str | None, int, str]]:
    """Return (reason, group, rank, language) by registrant, one person at a time."""
    waves = sorted(race.waves, key=lambda wave: race.waves[wave])
    answers: dict[int, tuple[str | None, str | None, int, str]] = {}
    for registrant_id, runner in written.items():
        group, reason = explain(rule, _person(runner))
        if reason is None and not any(addresses_of(runner, channel) for channel in on):
            group, reason = None, LeftOut.NO_ADDRESS
        rank = waves.index(runner.wave) if runner.wave in waves else len(waves)
        language = runner.language if runner.language in ("en", "zh-CN") else race.default_language
        answers[registrant_id] = (reason, group, rank, str(language))
    return answers


def _person(runner: Runner) -> Person:
    return Person(
        course=runner.course,
        wave=runner.wave,
        language=runner.language or "",
        status=runner.status,
        finished=runner.finished_at is not None,
        payments=tuple((at, result.value) for at, result in runner.payments),
    )


def addresses_of(runner: Runner, channel: Channel) -> tuple[str, ...]:
    """Return the addresses a runner has on a channel."""
    match channel:
        case Channel.SMS:
            return (runner.phone,) if runner.phone else ()
        case Channel.EMAIL:
            return (runner.email.lower(),) if runner.email else ()
        case Channel.PUSH:
            return runner.tokens


def expected_addresses(
    channel: Channel, told: Sequence[Told], groups: Sequence[str]
) -> list[tuple[int, str, str, str]]:
    """Return (registrant, address, language, group) in the order of sending, one per address."""
    at: dict[str, list[Told]] = defaultdict(list)
    for person in told:
        for address in addresses_of(person.runner, channel):
            at[address].append(person)
    first = {
        address: min(some, key=lambda p: (groups.index(p.group), p.rank, p.registrant_id))
        for address, some in at.items()
    }
    order = sorted(first, key=lambda a: (first[a].rank, first[a].registrant_id, a))
    return [(first[a].registrant_id, a, first[a].language, first[a].group) for a in order]
