"""Add a race, or change the one that is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from notify.domain.race import Race, race_document
from notify.intake.race_file import read_race_file
from notify.ports import TimeSource
from notify.store.engine import Database
from notify.store.race_documents import add_document, change_document, document_for_change
from notify.store.registrants import registrants_by_course
from notify.usecases.errors import Refused


class CourseInUse(Refused):
    """A course that people are registered for is missing from the new race file."""


@dataclass(frozen=True, slots=True)
class AddRace:
    """Which race file to take."""

    file: Path


@dataclass(frozen=True, slots=True)
class RaceAdded:
    """The race as it is now; ``changed`` names what was different in the race already there."""

    race: Race
    created: bool
    changed: tuple[str, ...] = ()


def add_race(command: AddRace, *, database: Database, now: TimeSource) -> RaceAdded:
    """Keep the race of the file, in the place of an earlier one with the same id.

    Raises ``FileRefused`` for a file with mistakes, and ``CourseInUse``.
    """
    race = read_race_file(command.file)
    document, at = race_document(race), now()
    with database.write() as connection:
        before = document_for_change(connection, race.id)
        if before is None:
            add_document(connection, document, at)
            return RaceAdded(race, created=True)
        _keep_courses(connection, race)
        changed = tuple(part for part, value in document.items() if before.get(part) != value)
        if changed:
            change_document(connection, document, at)
    return RaceAdded(race, created=False, changed=changed)


def _keep_courses(connection: Connection, race: Race) -> None:
    for course, count in registrants_by_course(connection, race.id).items():
        if race.course(course) is None:
            raise CourseInUse(
                f"race {race.id!r} has {count} registrants on course {course!r}, "
                "which the file does not have; put the course back"
            )
