"""A race: one edition of an event, its courses, waves, segments and its wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notify.domain.text import Text


class WallClockError(ValueError):
    """A wall-clock time that does not exist, or happens twice, in the race's time zone."""


@dataclass(frozen=True, slots=True)
class Course:
    """One distance of a race and the segments it runs over, in running order."""

    id: str
    km: float
    name: Text
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AidStation:
    """A place on the course where a runner can be told to stop, ``km`` from the start."""

    id: str
    km: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A clause of the race's rules that notices may quote, e.g. the refund clause."""

    clause: str
    text: Text


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a runner who must speak to somebody is sent."""

    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Race:
    """One edition of an event.

    ``starts_at`` is the naive wall-clock start in ``time_zone`` (an IANA name); ``waves`` maps the
    wave's letter to its wall-clock start on that day.
    """

    id: str
    name: Text
    starts_at: datetime
    time_zone: str
    default_region: str
    default_language: str
    sms_sender_name: str
    courses: tuple[Course, ...]
    segments: Mapping[str, Text]
    waves: Mapping[str, time]
    contact: Contact
    aid_stations: tuple[AidStation, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The race's time zone."""
        return ZoneInfo(self.time_zone)

    def course(self, course_id: str) -> Course | None:
        """Return the course with this id, or ``None``."""
        return next((course for course in self.courses if course.id == course_id), None)

    def courses_over(self, segments: frozenset[str]) -> tuple[str, ...]:
        """Return the ids of the courses that run over any of ``segments``, in race order."""
        return tuple(course.id for course in self.courses if segments & set(course.segments))

    def wave_starts_at(self, wave: str) -> datetime:
        """Return the UTC start of ``wave``; the race's own start for an unknown wave."""
        start = self.waves.get(wave)
        wall = self.starts_at if start is None else datetime.combine(self.starts_at.date(), start)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """Turn a wall-clock time into UTC; an aware time is converted as it is.

    Raises ``WallClockError`` for a time skipped when clocks go forward, and for one that happens
    twice when they go back: a guess would be an hour wrong, so the person must add the offset.
    """
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    stamp = wall.isoformat(timespec="minutes")
    if (first.utcoffset() or timedelta()) < (second.utcoffset() or timedelta()):
        message = f"{stamp} does not exist in {zone.key}: the clocks go forward over it"
        raise WallClockError(message)
    choices = " or ".join(stamp + side.isoformat()[-6:] for side in (first, second))
    message = f"{stamp} happens twice in {zone.key}: write {choices}"
    raise WallClockError(message)


def race_document(race: Race) -> dict[str, Any]:
    """Return ``race`` as plain JSON values, as it is kept in the database."""
    return {
        "id": race.id,
        "name": dict(race.name),
        "starts_at": race.starts_at.isoformat(),
        "time_zone": race.time_zone,
        "default_region": race.default_region,
        "default_language": race.default_language,
        "sms_sender_name": race.sms_sender_name,
        "courses": [
            {
                "id": course.id,
                "km": course.km,
                "name": dict(course.name),
                "segments": list(course.segments),
            }
            for course in race.courses
        ],
        "segments": {segment: dict(name) for segment, name in race.segments.items()},
        "waves": {wave: start.isoformat("minutes") for wave, start in race.waves.items()},
        "contact": {"email": race.contact.email, "phone": race.contact.phone},
        "aid_stations": [{"id": station.id, "km": station.km} for station in race.aid_stations],
        "policies": {
            name: {"clause": policy.clause, "text": dict(policy.text)}
            for name, policy in race.policies.items()
        },
    }


def race_from_document(document: Mapping[str, Any]) -> Race:
    """Return the race of a document written by ``race_document``."""
    return Race(
        id=document["id"],
        name=document["name"],
        starts_at=datetime.fromisoformat(document["starts_at"]),
        time_zone=document["time_zone"],
        default_region=document["default_region"],
        default_language=document["default_language"],
        sms_sender_name=document["sms_sender_name"],
        courses=tuple(
            Course(course["id"], course["km"], course["name"], tuple(course["segments"]))
            for course in document["courses"]
        ),
        segments=document["segments"],
        waves={wave: time.fromisoformat(start) for wave, start in document["waves"].items()},
        contact=Contact(**document["contact"]),
        aid_stations=tuple(AidStation(**station) for station in document["aid_stations"]),
        policies={name: Policy(**policy) for name, policy in document["policies"].items()},
    )
