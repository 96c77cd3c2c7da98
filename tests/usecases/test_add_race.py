"""A race is added once, and changed by adding it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from notify.domain.race import race_from_document
from notify.intake.files import FileRefused
from notify.store.engine import Database
from notify.store.races import RaceRow
from notify.usecases.add_race import AddRace, CourseInUse, RaceAdded, add_race
from notify.usecases.import_registrants import ImportRegistrants, import_registrants
from tests.installation import Clock
from tests.intake.builders import DATA, write

LAKESHORE = (DATA / "lakeshore-marathon.yaml").read_text(encoding="utf-8")


@pytest.fixture
def database(migrated_url):
    database = Database(migrated_url)
    yield database
    database.engine.dispose()


def add(database: Database, directory: Path, text: str = LAKESHORE) -> RaceAdded:
    """Add the race in ``text``."""
    (directory / "race.yaml").write_text(text, encoding="utf-8")
    return add_race(AddRace(directory / "race.yaml"), database=database, now=Clock())


def test_a_new_race_is_created(database, tmp_path):
    added = add(database, tmp_path)

    with database.read() as connection:
        document = connection.execute(select(RaceRow.document)).scalar_one()
    assert added.created
    assert added.race == race_from_document(document)


def test_the_same_file_again_changes_nothing(database, tmp_path):
    first = add(database, tmp_path)

    assert RaceAdded(first.race, created=False, changed=()) == add(database, tmp_path)


def test_a_changed_file_changes_the_race_and_says_what(database, tmp_path):
    add(database, tmp_path)

    added = add(database, tmp_path, LAKESHORE.replace("T07:30", "T08:30").replace("7.2", "7.3"))

    assert ("starts_at", "policies") == added.changed
    with database.read() as connection:
        document = connection.execute(select(RaceRow.document)).scalar_one()
    assert "2026-12-06T08:30:00" == document["starts_at"]


def test_a_course_with_people_on_it_stays(database, tmp_path):
    add(database, tmp_path)
    file = write(tmp_path, "Registration ID,Course", "R1,10K")
    import_registrants(ImportRegistrants(file, "lakeshore-2026"), database=database, now=Clock())

    with pytest.raises(CourseInUse, match="has 1 registrants on course '10k'"):
        add(database, tmp_path, LAKESHORE.replace("id: 10k", "id: short"))


def test_a_file_with_a_mistake_changes_nothing(database, tmp_path):
    with pytest.raises(FileRefused, match="line 4: time_zone"):
        add(database, tmp_path, LAKESHORE.replace("America/Chicago", "Chicago"))

    with database.read() as connection:
        assert [] == connection.execute(select(RaceRow.id)).all()
