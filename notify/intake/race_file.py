"""The race file: YAML in, a ``Race`` out, or every mistake in it with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from marshmallow import ValidationError, fields, validate

from notify.domain.race import (
    AidStation,
    Contact,
    Course,
    Policy,
    Race,
    WallClockError,
    to_utc,
)
from notify.domain.text import LANGUAGES
from notify.intake.emails import read_email
from notify.intake.faults import CellFault
from notify.intake.fields import (
    MESSAGES,
    NAME,
    ClockTime,
    InternationalPhone,
    Keyed,
    StrictSchema,
    WallClock,
    Words,
    kilometres,
    listed,
    read_words,
    words,
)
from notify.intake.files import FileRefused
from notify.intake.values import fold
from notify.intake.yaml_file import KeyPath, YamlFile, read_yaml

_REGION = validate.OneOf(
    sorted(phonenumbers.SUPPORTED_REGIONS),
    error="must be a country code of two capital letters, e.g. US, GB or CN",
)
_LANGUAGE = validate.OneOf(LANGUAGES, error="must be one of {choices}")


def _email(value: str) -> None:
    try:
        read_email(value)
    except CellFault:
        raise ValidationError("must be an e-mail address, e.g. help@race.example.com") from None


def _zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("must be an IANA time zone, e.g. America/Chicago or Asia/Shanghai")


class _Policy(fields.Field[Policy]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Policy:
        del attr, data, kwargs
        clause = value.get("clause") if isinstance(value, Mapping) else None
        if not isinstance(clause, str) or len(value) < 2:
            raise ValidationError('must have a clause and its text: {clause: "7.2", en: …}')
        text = {tag: text for tag, text in value.items() if tag != "clause"}
        return Policy(clause.strip(), read_words(text))


class _CourseSchema(StrictSchema):
    id = fields.String(required=True, validate=NAME, error_messages=MESSAGES)
    km = kilometres()
    name = Words(required=True, error_messages=MESSAGES)
    segments = listed(fields.String(), load_default=list)


class _AidStationSchema(StrictSchema):
    id = fields.String(required=True, validate=NAME, error_messages=MESSAGES)
    km = kilometres()


class _ContactSchema(StrictSchema):
    email = fields.String(required=True, validate=_email, error_messages=MESSAGES)
    phone = InternationalPhone(required=True, error_messages=MESSAGES)


class _RaceSchema(StrictSchema):
    id = fields.String(required=True, validate=NAME, error_messages=MESSAGES)
    name = Words(required=True, error_messages=MESSAGES)
    starts_at = WallClock(required=True, error_messages=MESSAGES)
    time_zone = fields.String(required=True, validate=_zone, error_messages=MESSAGES)
    default_region = fields.String(required=True, validate=_REGION, error_messages=MESSAGES)
    default_language = fields.String(required=True, validate=_LANGUAGE, error_messages=MESSAGES)
    sms_sender_name = words(longest=20)
    courses = listed(
        _CourseSchema,
        required=True,
        validate=validate.Length(min=1, error="must list at least one course"),
    )
    segments = Keyed(Words(), "the name of each segment", load_default=dict)
    waves = Keyed(ClockTime(), 'the start of each wave, e.g. {A: "07:30"}', load_default=dict)
    aid_stations = listed(_AidStationSchema, load_default=list)
    policies = Keyed(_Policy(), "one clause per policy", load_default=dict)
    contact = fields.Nested(_ContactSchema, required=True, error_messages=MESSAGES)


def read_race_file(path: Path) -> Race:
    """Return the race in the YAML file at ``path``.

    Raises ``FileRefused`` with every problem found and the line each stands on.
    """
    document = read_yaml(path)
    try:
        loaded: dict[str, Any] = _RaceSchema().load(document.value)
    except ValidationError as error:
        raise document.refusal(error) from None
    race = _race(loaded)
    _check(document, race)
    return race


def _race(loaded: dict[str, Any]) -> Race:
    return Race(
        **{
            **loaded,
            "courses": tuple(
                Course(course["id"], course["km"], course["name"], tuple(course["segments"]))
                for course in loaded["courses"]
            ),
            "aid_stations": tuple(AidStation(**station) for station in loaded["aid_stations"]),
            "contact": Contact(**loaded["contact"]),
        }
    )


def _check(document: YamlFile, race: Race) -> None:
    found = (*_clock(race), *_courses(race), *_labels(race), *_aid_stations(race), *_texts(race))
    if found:
        raise FileRefused(*(document.problem(path, message) for path, message in found))


def _clock(race: Race) -> Iterator[tuple[KeyPath, str]]:
    zone = ZoneInfo(race.time_zone)
    moments: list[tuple[KeyPath, time]] = [(("starts_at",), race.starts_at.time())]
    moments += [(("waves", wave), start) for wave, start in race.waves.items()]
    for path, moment in moments:
        try:
            to_utc(race.starts_at.replace(hour=moment.hour, minute=moment.minute), zone)
        except WallClockError as error:
            yield path, str(error)


def _courses(race: Race) -> Iterator[tuple[KeyPath, str]]:
    known = ", ".join(race.segments) or "none"
    seen: set[str] = set()
    for at, course in enumerate(race.courses):
        if course.id in seen:
            yield ("courses", at, "id"), f"{course.id!r} is used twice; every course needs its own"
        seen.add(course.id)
        for position, segment in enumerate(course.segments):
            if segment not in race.segments:
                message = f"{segment!r} is not among the segments ({known}); name it there"
                yield ("courses", at, "segments", position), message


def _labels(race: Race) -> Iterator[tuple[KeyPath, str]]:
    """Two courses that read alike could not be told apart in a registration file."""
    taken: dict[str, str] = {}
    for at, course in enumerate(race.courses):
        for tag, label in course.name.items():
            other = taken.setdefault(fold(label), course.id)
            if other != course.id:
                yield ("courses", at, "name", tag), f"{label!r} is also the name of {other!r}"


def _aid_stations(race: Race) -> Iterator[tuple[KeyPath, str]]:
    longest = max(course.km for course in race.courses)
    seen: set[str] = set()
    for at, station in enumerate(race.aid_stations):
        if station.id in seen:
            yield ("aid_stations", at, "id"), f"{station.id!r} is used twice; each needs its own"
        seen.add(station.id)
        if station.km > longest:
            yield ("aid_stations", at, "km"), f"lies beyond the longest course ({longest:g} km)"


def _texts(race: Race) -> Iterator[tuple[KeyPath, str]]:
    """The default language is what everybody can be shown: it may be missing nowhere."""
    texts: dict[KeyPath, Mapping[str, str]] = {("name",): race.name}
    texts |= {("courses", at, "name"): course.name for at, course in enumerate(race.courses)}
    texts |= {("segments", segment): name for segment, name in race.segments.items()}
    texts |= {("policies", name): policy.text for name, policy in race.policies.items()}
    for path, text in texts.items():
        if race.default_language not in text:
            yield path, f"has no text in the race's default language, {race.default_language}"
