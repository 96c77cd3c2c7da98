"""Whom a notice is for: a rule of conditions, bound to an incident's facts, and why someone is out.

A rule is a list of conditions that must all hold; the first that fails is the reason a person is
left out. Groups split those who are in, first match wins, so that each group gets its own wording.
``explain`` is the meaning of a rule; ``notify.store.audience`` compiles the same rule to SQL and a
property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notify.domain.race import Race
from notify.domain.text import Text

FactValue = str | tuple[str, ...]
Facts = Mapping[str, FactValue]

EVERYBODY = "everybody"
"""The one group of a rule that names no groups."""


class RegistrationStatus(StrEnum):
    """Where a person's registration stands."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"


class PaymentResult(StrEnum):
    """How one payment attempt ended."""

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"


class LeftOut(StrEnum):
    """Why a person of the race is not told."""

    STATUS = "status_not_affected"
    COURSE = "course_not_affected"
    WAVE = "wave_not_affected"
    LANGUAGE = "language_not_affected"
    FINISHED = "already_finished"
    PAYMENT = "no_payment_in_window"
    NO_ADDRESS = "no_address"
    NOT_TOLD_BEFORE = "not_told_before"


@dataclass(frozen=True, slots=True)
class FactRef:
    """Stands in a rule for the value the organiser gives to a fact."""

    fact: str


@dataclass(frozen=True, slots=True)
class StatusIn:
    """The registration has one of these statuses."""

    values: tuple[str, ...]
    reason = LeftOut.STATUS


@dataclass(frozen=True, slots=True)
class CourseIn:
    """The person runs one of these courses."""

    values: tuple[str, ...] | FactRef
    reason = LeftOut.COURSE


@dataclass(frozen=True, slots=True)
class CourseUses:
    """The person's course runs over one of these segments."""

    segments: tuple[str, ...] | FactRef
    reason = LeftOut.COURSE


@dataclass(frozen=True, slots=True)
class WaveIn:
    """The person starts in one of these waves."""

    values: tuple[str, ...] | FactRef
    reason = LeftOut.WAVE


@dataclass(frozen=True, slots=True)
class LanguageIn:
    """The person reads one of these languages."""

    values: tuple[str, ...]
    reason = LeftOut.LANGUAGE


@dataclass(frozen=True, slots=True)
class NotFinished:
    """The person has not finished the race yet."""

    reason = LeftOut.FINISHED


@dataclass(frozen=True, slots=True)
class PaymentWithin:
    """A payment was attempted between ``start`` and ``end``, both included, with such a result."""

    results: tuple[str, ...]
    start: datetime | FactRef
    end: datetime | FactRef
    reason = LeftOut.PAYMENT


Condition = StatusIn | CourseIn | CourseUses | WaveIn | LanguageIn | NotFinished | PaymentWithin


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the audience with a wording of its own."""

    id: str
    name: Text
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AudienceRule:
    """Conditions that must all hold, and the groups that share out those for whom they do."""

    conditions: tuple[Condition, ...]
    groups: tuple[Group, ...] = ()

    @property
    def group_ids(self) -> tuple[str, ...]:
        """The groups a person can be in, in the order they are tried."""
        return tuple(group.id for group in self.groups) or (EVERYBODY,)


@dataclass(frozen=True, slots=True)
class Person:
    """What a rule can see of one registrant."""

    course: str
    wave: str
    language: str
    status: str
    finished: bool
    payments: tuple[tuple[datetime, str], ...] = ()


def bind(rule: AudienceRule, facts: Facts, race: Race) -> AudienceRule:
    """Return ``rule`` with every fact replaced by its value.

    A condition on an optional fact that was left empty is dropped: no waves named means all waves.
    """
    groups = tuple(
        Group(group.id, group.name, _bind_all(group.conditions, facts, race))
        for group in rule.groups
    )
    return AudienceRule(_bind_all(rule.conditions, facts, race), groups)


def _bind_all(conditions: tuple[Condition, ...], facts: Facts, race: Race) -> tuple[Condition, ...]:
    bound = (_bind_one(condition, facts, race) for condition in conditions)
    return tuple(condition for condition in bound if condition is not None)


def _bind_one(condition: Condition, facts: Facts, race: Race) -> Condition | None:
    match condition:
        case CourseIn(values=FactRef(fact)):
            return CourseIn(_many(facts, fact)) if facts.get(fact) else None
        case WaveIn(values=FactRef(fact)):
            return WaveIn(_many(facts, fact)) if facts.get(fact) else None
        case CourseUses(segments=segments):
            named = _many(facts, segments.fact) if isinstance(segments, FactRef) else segments
            return CourseIn(race.courses_over(frozenset(named))) if named else None
        case PaymentWithin(results, start, end):
            return PaymentWithin(results, _moment(facts, start), _moment(facts, end))
        case _:
            return condition


def _many(facts: Facts, fact: str) -> tuple[str, ...]:
    value = facts.get(fact, ())
    return (value,) if isinstance(value, str) else value


def _moment(facts: Facts, value: datetime | FactRef) -> datetime:
    return datetime.fromisoformat(str(facts[value.fact])) if isinstance(value, FactRef) else value


def explain(rule: AudienceRule, person: Person) -> tuple[str | None, LeftOut | None]:
    """Return ``(group, None)`` for a person who is told, ``(None, reason)`` for one left out."""
    for condition in rule.conditions:
        if not holds(condition, person):
            return None, condition.reason
    if not rule.groups:
        return EVERYBODY, None
    for group in rule.groups:
        if all(holds(condition, person) for condition in group.conditions):
            return group.id, None
    return None, left_out_of_groups(rule)


def left_out_of_groups(rule: AudienceRule) -> LeftOut:
    """Return the reason of a person whom no group takes: what the first group asks for first."""
    return rule.groups[0].conditions[0].reason


def holds(condition: Condition, person: Person) -> bool:
    """Return whether a bound ``condition`` holds for ``person``."""
    match condition:
        case StatusIn(values):
            result = person.status in values
        case CourseIn(values):
            result = person.course in _bound(values)
        case WaveIn(values):
            result = person.wave in _bound(values)
        case LanguageIn(values):
            result = person.language in values
        case NotFinished():
            result = not person.finished
        case PaymentWithin(results, start, end):
            result = _paid_within(person, results, start, end)
        case _:
            raise TypeError("the rule is not bound: call bind() first")
    return result


def _bound(values: tuple[str, ...] | FactRef) -> tuple[str, ...]:
    if isinstance(values, FactRef):
        raise TypeError("the rule is not bound: call bind() first")
    return values


def _paid_within(
    person: Person, results: tuple[str, ...], start: datetime | FactRef, end: datetime | FactRef
) -> bool:
    if isinstance(start, FactRef) or isinstance(end, FactRef):
        raise TypeError("the rule is not bound: call bind() first")
    return any(result in results and start <= at <= end for at, result in person.payments)
