"""Turning what somebody typed into the facts of an incident, or into errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import urlsplit

from notify.domain.audience import FactRef, Facts, FactValue, PaymentWithin
from notify.domain.notice import NoticeKind
from notify.domain.playbook import Fact, FactType, Playbook
from notify.domain.race import Race, WallClockError, to_utc

_DATE_AND_TIME = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d")

Typed = Mapping[str, str | Sequence[str]]
"""What a form or command line gives: one text, or several for facts that take many."""


@dataclass(frozen=True, slots=True)
class FactError:
    """What is wrong with one fact. ``code`` is for translation, ``message`` is plain English."""

    fact: str
    code: str
    message: str


class FactsRefused(ValueError):
    """One or more facts are missing, unknown or of the wrong kind; ``errors`` lists them all."""

    def __init__(self, errors: Sequence[FactError]) -> None:
        super().__init__("\n".join(f"{error.fact}: {error.message}" for error in errors))
        self.errors = tuple(errors)


class _Wrong(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_facts(
    playbook: Playbook, race: Race, typed: Typed, kind: NoticeKind = NoticeKind.ALERT
) -> Facts:
    """Return the facts of an incident from what was typed for a notice of ``kind``.

    Times become ISO 8601 with the race's offset; lists become tuples; empty optional facts are
    left out. Raises ``FactsRefused`` with every error found, not only the first.
    """
    known = [fact.id for fact in playbook.facts]
    errors = [
        FactError(name, "unknown", f"not a fact of {playbook.id}; it has {', '.join(known)}")
        for name in typed
        if name not in known
    ]
    facts: dict[str, FactValue] = {}
    for fact in playbook.facts:
        try:
            value = _read(fact, race, _texts(fact, typed.get(fact.id, ())))
        except _Wrong as wrong:
            errors.append(FactError(fact.id, wrong.code, str(wrong)))
        else:
            if value:
                facts[fact.id] = value
    failed = {error.fact for error in errors}
    errors += [error for error in _missing(playbook, facts, kind) if error.fact not in failed]
    errors += _backwards(playbook, facts)
    if errors:
        raise FactsRefused(errors)
    return facts


def _texts(fact: Fact, typed: str | Sequence[str]) -> tuple[str, ...]:
    if not isinstance(typed, str):
        return tuple(text.strip() for text in typed if text.strip())
    parts = typed.split(",") if fact.type in _SEVERAL else [typed]
    return tuple(text.strip() for text in parts if text.strip())


def _missing(playbook: Playbook, facts: Facts, kind: NoticeKind) -> Iterable[FactError]:
    for fact in playbook.facts:
        if fact.id in facts or kind in fact.optional_in:
            continue
        if fact.required:
            yield FactError(fact.id, "missing", "required; fill it in")
        for other, values in fact.required_when.items():
            if facts.get(other) in values:
                message = f"required when {other} is {facts[other]}; fill it in"
                yield FactError(fact.id, "missing", message)


def _backwards(playbook: Playbook, facts: Facts) -> Iterable[FactError]:
    """Windows that end before they begin: nobody can have paid in one."""
    rule = playbook.audience
    conditions = chain(rule.conditions, *(group.conditions for group in rule.groups))
    windows = {(c.start, c.end) for c in conditions if isinstance(c, PaymentWithin)}
    for start, end in windows:
        if not isinstance(start, FactRef) or not isinstance(end, FactRef):
            continue
        first, last = facts.get(start.fact), facts.get(end.fact)
        if first and last and _time(last) < _time(first):
            yield FactError(end.fact, "too_early", f"is before {start.fact}; correct one of them")


def _time(value: FactValue) -> datetime:
    return datetime.fromisoformat(str(value))


def _read(fact: Fact, race: Race, texts: tuple[str, ...]) -> FactValue | None:
    if not texts:
        return None
    if fact.type in _SEVERAL:
        known, noun = _SEVERAL[fact.type](race)
        return _each_of(texts, known, noun)
    if len(texts) > 1:
        raise _Wrong("one_only", "takes one value only")
    return _ONE[fact.type](texts[0], fact, race)


def _each_of(texts: tuple[str, ...], known: list[str], noun: str) -> tuple[str, ...]:
    for text in texts:
        if text not in known:
            message = f"{text!r} is not a {noun} here; choose from {', '.join(known)}"
            raise _Wrong("not_a_choice", message)
    return tuple(dict.fromkeys(texts))


def _moment(text: str, race: Race) -> str:
    try:
        # A date alone would be read as midnight, which nobody who typed it meant.
        wall = datetime.fromisoformat(text if _DATE_AND_TIME.match(text) else "")
        moment = to_utc(wall, race.zone)
    except WallClockError as error:
        raise _Wrong("wall_clock", str(error)) from error
    except ValueError as error:
        message = f"{text!r} is not a time; write it like 2026-12-05T18:00"
        raise _Wrong("not_a_time", message) from error
    return moment.astimezone(race.zone).isoformat(timespec="minutes")


def _url(text: str, max_length: int) -> str:
    if len(text) > max_length:
        raise _Wrong("too_long", f"{len(text)} characters; {max_length} at the most")
    try:
        parts = urlsplit(text)
        linked = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        linked = False
    # Line ends and tabs are passed over by urlsplit, and would end the link where it is read.
    if not linked or not text.isprintable() or any(char.isspace() for char in text):
        raise _Wrong("not_a_link", f"{text!r} is not a link; it must start with https://")
    return text


def _text(text: str, max_length: int) -> str:
    line = " ".join(text.split())
    if len(line) > max_length:
        message = f"{len(line)} characters; {max_length} at the most"
        raise _Wrong("too_long", message)
    if not line.isprintable():
        raise _Wrong("not_text", "has a character that cannot be shown; type it again")
    return line


_SEVERAL: Mapping[FactType, Callable[[Race], tuple[list[str], str]]] = {
    FactType.COURSES: lambda race: ([course.id for course in race.courses], "course"),
    FactType.WAVES: lambda race: (list(race.waves), "wave"),
    FactType.SEGMENTS: lambda race: (list(race.segments), "segment"),
}

_ONE: Mapping[FactType, Callable[[str, Fact, Race], str]] = {
    FactType.CHOICE: lambda text, fact, _: _each_of((text,), list(fact.options), "choice")[0],
    FactType.DATETIME: lambda text, _, race: _moment(text, race),
    FactType.URL: lambda text, fact, _: _url(text, fact.max_length),
    FactType.TEXT: lambda text, fact, _: _text(text, fact.max_length),
}


def sample_facts(playbook: Playbook, race: Race) -> Facts:
    """Return facts that fit ``race``, for checks and demos.

    Everything is filled in but the optional courses and waves, so that everybody is affected.
    Choices take their default or first option, the others their example; the example of a time is
    how long after (``+2h``) or before (``-90m``, ``-1d``) the start of the race it is.
    """
    samples = {fact.id: _sample(fact, race) for fact in playbook.facts}
    return {name: value for name, value in samples.items() if value}


def _sample(fact: Fact, race: Race) -> FactValue:
    if fact.type is FactType.SEGMENTS:
        return _least_used_segment(race)
    if fact.type in _SEVERAL:
        return tuple(_SEVERAL[fact.type](race)[0]) if fact.required else ()
    if fact.type is FactType.DATETIME:
        return _moment_after_start(fact.example or "-12h", race)
    return {
        FactType.CHOICE: fact.default or next(iter(fact.options), ""),
        FactType.URL: fact.example or "https://example.com/",
    }.get(fact.type, fact.example or "-")


def _moment_after_start(offset: str, race: Race) -> str:
    unit = {"m": "minutes", "h": "hours", "d": "days"}[offset[-1]]
    start = race.starts_at.replace(tzinfo=race.zone).astimezone(UTC)
    moment = start + timedelta(**{unit: int(offset[:-1])})
    return moment.astimezone(race.zone).isoformat(timespec="minutes")


def _least_used_segment(race: Race) -> tuple[str, ...]:
    used = {segment: len(race.courses_over(frozenset({segment}))) for segment in race.segments}
    return tuple(sorted((name for name in used if used[name]), key=lambda name: used[name])[:1])
