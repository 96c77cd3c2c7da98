"""What is exported opens safely, and imports again as it was."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from notify.domain.registrant import Registrant
from notify.store.engine import Database
from notify.store.registrants import registrants
from notify.usecases.add_race import AddRace, add_race
from notify.usecases.errors import Unknown
from notify.usecases.export_registrants import CannotWrite, ExportRegistrants, export_registrants
from notify.usecases.import_registrants import ImportRegistrants, import_registrants
from tests.installation import Clock
from tests.intake.builders import DATA, RACES, write

RACE = "lakeshore-2026"
HEADER = "Registration ID,Course,First Name,Last Name,Phone,Payment,Payment Time,Push Token"
ATTEMPTS = "Failed; Paid,2026-11-01 01:30-06:00; 2026-11-14 21:05"
NASTY = (
    f'=1,10K,"=HYPERLINK(""http://x.example"")",+49,+1 312 555 0124,{ATTEMPTS},-tok;@tok',
    'R2,10K,\'=twice,"O\'Brien, ""Bo""",,,,',
    "R3,10K,👟 李雷,-,,,,",
)


@pytest.fixture
def database(migrated_url):
    database = Database(migrated_url)
    for stem in RACES.values():
        add_race(AddRace(DATA / f"{stem}.yaml"), database=database, now=Clock())
    yield database
    database.engine.dispose()


def bring(database: Database, file: Path, race: str = RACE) -> None:
    """Import ``file``, without the rows that are refused."""
    command = ImportRegistrants(file, race, skip_refused=True)
    import_registrants(command, database=database, now=Clock())


def people(database: Database, race: str = RACE) -> list[Registrant]:
    """Return everybody in the race."""
    with database.read() as connection:
        return list(registrants(connection, race))


def empty(database: Database) -> None:
    """Take everybody out of the races."""
    with database.write() as connection:
        for table in ("payment_attempt", "push_token", "registrant"):
            connection.exec_driver_sql(f"DELETE FROM {table}")


@pytest.mark.parametrize("race_id", RACES)
def test_what_is_exported_imports_again_as_it_was(database, tmp_path, race_id):
    bring(database, DATA / f"{RACES[race_id]}.csv", race_id)
    before = people(database, race_id)
    exported = tmp_path / "out.csv"

    export_registrants(ExportRegistrants(race_id, exported), database=database)
    empty(database)
    bring(database, exported, race_id)

    assert before == people(database, race_id)


def test_formulas_phones_and_several_attempts_survive(database, tmp_path):
    bring(database, write(tmp_path, HEADER, *NASTY))
    before = people(database)
    exported = tmp_path / "out.csv"

    export_registrants(ExportRegistrants(RACE, exported), database=database)
    empty(database)
    bring(database, exported)

    assert before == people(database)
    assert ['=HYPERLINK("http://x.example")', "=twice", "👟 李雷"] == [
        person.first_name for person in before
    ]


def test_no_cell_of_an_export_is_a_formula(database, tmp_path):
    bring(database, write(tmp_path, HEADER, *NASTY))
    exported = tmp_path / "out.csv"

    export_registrants(ExportRegistrants(RACE, exported), database=database)

    with exported.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'+13125550124" in cells
    assert [] == [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_only_the_owner_may_read_an_export(database, tmp_path):
    exported = tmp_path / "out.csv"

    export_registrants(ExportRegistrants(RACE, exported), database=database)

    assert 0o600 == stat.S_IMODE(exported.stat().st_mode)


def test_a_file_that_is_there_is_not_overwritten_unasked(database, tmp_path):
    (tmp_path / "out.csv").write_text("mine")

    with pytest.raises(CannotWrite, match="is there already"):
        export_registrants(ExportRegistrants(RACE, tmp_path / "out.csv"), database=database)

    assert "mine" == (tmp_path / "out.csv").read_text()


def test_a_file_that_is_there_is_overwritten_when_asked(database, tmp_path):
    (tmp_path / "out.csv").write_text("mine")
    command = ExportRegistrants(RACE, tmp_path / "out.csv", overwrite=True)

    export_registrants(command, database=database)

    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("Registration ID,")


@pytest.mark.parametrize("where", ["nowhere/out.csv", "folder"])
def test_a_place_that_cannot_be_written_to_is_refused(database, tmp_path, where):
    (tmp_path / "folder").mkdir()
    command = ExportRegistrants(RACE, tmp_path / where, overwrite=True)

    with pytest.raises(CannotWrite, match="cannot be written: "):
        export_registrants(command, database=database)

    assert [tmp_path / "folder"] == list(tmp_path.iterdir())


def test_an_unknown_race_is_refused(database, tmp_path):
    with pytest.raises(Unknown):
        export_registrants(ExportRegistrants("nope", tmp_path / "out.csv"), database=database)

    assert [] == list(tmp_path.iterdir())
