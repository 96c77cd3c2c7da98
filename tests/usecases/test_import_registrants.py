"""An import is all or nothing, and doing it again changes only what the file says otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from notify.domain.registrant import Change, Registrant
from notify.intake.files import FileRefused
from notify.store.engine import Database
from notify.store.races import PaymentAttemptRow, PushTokenRow, RegistrantRow
from notify.store.registrants import registrants
from notify.usecases.add_race import AddRace, add_race
from notify.usecases.errors import Unknown
from notify.usecases.import_registrants import ImportRegistrants, ImportReport, import_registrants
from tests.installation import NOW, Clock
from tests.intake.builders import DATA, RACES, write

HEADER = "Registration ID,Course,Last Name,E-mail,Phone,Status,Payment,Payment Time,Push Token"
ANN = "R1,10K,Lee,ann@example.com,312-555-0124,Confirmed,Pending,2026-11-14 21:05,tok-1;tok-2"
BO = "R2,Marathon,Ng,bo@example.com,312-555-0125,Pending,,,"
RACE = "lakeshore-2026"


@pytest.fixture
def database(migrated_url):
    database = Database(migrated_url)
    for stem in RACES.values():
        add_race(AddRace(DATA / f"{stem}.yaml"), database=database, now=Clock())
    yield database
    database.engine.dispose()


def bring(database: Database, file: Path, race: str = RACE, **options: Any) -> ImportReport:
    """Import ``file``."""
    command = ImportRegistrants(file, race, **options)
    return import_registrants(command, database=database, now=Clock())


def people(database: Database, race: str = RACE) -> list[Registrant]:
    """Return everybody in the race."""
    with database.read() as connection:
        return list(registrants(connection, race))


def rows_of(database: Database, *tables: Any) -> list[int]:
    """Return how many rows the tables have."""
    with database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
        ]


@pytest.mark.parametrize("race_id", RACES)
def test_a_race_offices_file_arrives_as_its_truth_says(database, race_id):
    stem = DATA / RACES[race_id]
    truth = json.loads(stem.with_suffix(".truth.json").read_text(encoding="utf-8"))

    report = bring(database, stem.with_suffix(".csv"), race_id, skip_refused=True)

    found = people(database, race_id)
    assert truth == {key: getattr(report, key) for key in truth}
    assert truth["accepted"] == len(found)
    assert truth["distinct_phones"] == len({person.phone for person in found} - {None})
    assert sum(truth["payments"].values()) == sum(len(person.payments) for person in found)
    assert (truth["accepted"], 0, 0) == (
        report.changes.added,
        report.changes.updated,
        report.changes.unchanged,
    )


def test_a_refused_row_keeps_everybody_out(database, tmp_path):
    report = bring(database, write(tmp_path, HEADER, ANN, BO.replace("Marathon", "Ultra")))

    assert not report.imported
    assert {"course_unknown": 1} == report.refused
    assert [0, 0, 0] == rows_of(database, RegistrantRow, PushTokenRow, PaymentAttemptRow)


def test_the_operator_may_leave_refused_rows_out(database, tmp_path):
    file = write(tmp_path, HEADER, ANN, BO.replace("Marathon", "Ultra"))

    report = bring(database, file, skip_refused=True)

    assert report.imported
    assert ["R1"] == [person.registration_id for person in people(database)]


def test_a_dry_run_shows_what_would_change_and_changes_nothing(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))
    before = people(database)

    report = bring(database, write(tmp_path, HEADER, ANN.replace("Lee", "Li"), BO), dry_run=True)

    assert not report.imported
    assert (1, 1, 0) == (report.changes.added, report.changes.updated, report.changes.unchanged)
    assert {"last_name": 1} == report.changes.columns
    assert (Change("R1", "last_name", "Lee", "Li"),) == report.changes.examples
    assert before == people(database)


def test_the_same_file_again_changes_nothing(database, tmp_path):
    file = write(tmp_path, HEADER, ANN, BO)
    bring(database, file)
    before = people(database)

    report = bring(database, file)

    assert (0, 0, 2) == (report.changes.added, report.changes.updated, report.changes.unchanged)
    assert before == people(database)


def test_only_what_differs_is_touched(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN, BO))
    later = Clock()
    later.advance(hours=1)
    command = ImportRegistrants(write(tmp_path, HEADER, ANN.replace("Lee", "Li"), BO), RACE)

    import_registrants(command, database=database, now=later)

    with database.read() as connection:
        touched = connection.execute(
            select(RegistrantRow.registration_id, RegistrantRow.updated_at).order_by(
                RegistrantRow.registration_id
            )
        ).all()
    assert [("R1", later()), ("R2", NOW)] == [tuple(row) for row in touched]


def test_people_the_file_does_not_have_stay(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN, BO))

    report = bring(database, write(tmp_path, HEADER, BO))

    assert 1 == report.changes.absent
    assert 2 == len(people(database))


def test_push_tokens_are_replaced_one_person_at_a_time(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN, BO + "tok-1"))

    report = bring(
        database, write(tmp_path, HEADER, ANN.replace("tok-1;tok-2", "tok-3 tok-2"), BO + "tok-1")
    )

    assert {"push_tokens": 1} == report.changes.columns
    assert (Change("R1", "push_tokens", "2", "2"),) == report.changes.examples
    assert [{"tok-2", "tok-3"}, {"tok-1"}] == [
        set(person.push_tokens or ()) for person in people(database)
    ]


def test_a_token_of_somebody_else_is_no_token_of_mine(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN, BO))

    report = bring(database, write(tmp_path, HEADER, ANN, BO + "tok-1"))

    assert {"push_tokens": 1} == report.changes.columns
    assert [2, 1] == [len(person.push_tokens or ()) for person in people(database)]


def test_an_empty_cell_of_tokens_takes_them_away(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))

    bring(database, write(tmp_path, HEADER, ANN.replace("tok-1;tok-2", "")))

    assert [0] == rows_of(database, PushTokenRow)


def test_payment_attempts_are_merged_by_their_time(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))
    newer = ANN.replace(
        "Pending,2026-11-14 21:05", "Failed; Paid,2026-11-14 21:05; 2026-11-15 08:00"
    )

    report = bring(database, write(tmp_path, HEADER, newer))

    [ann] = people(database)
    assert ["failed", "paid"] == [attempt.result for attempt in ann.payments]
    assert {"payments": 1} == report.changes.columns
    assert [("pending", "failed"), ("", "paid")] == [
        (change.before, change.after) for change in report.changes.examples
    ]


def test_an_earlier_attempt_that_the_file_has_no_more_stays(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))

    bring(database, write(tmp_path, HEADER, ANN.replace("Pending,2026-11-14", "Paid,2026-11-15")))

    assert [2] == rows_of(database, PaymentAttemptRow)


def test_an_unreadable_cell_leaves_what_was_known(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))
    damaged = ANN.replace("312-555-0124", "1.31256E+10").replace("Confirmed", "maybe")

    report = bring(database, write(tmp_path, HEADER, damaged))

    [ann] = people(database)
    assert {"phone_scientific_notation": 1, "status_unknown": 1} == report.cells_flagged
    assert ("+13125550124", "confirmed") == (ann.phone, ann.status)
    assert 1 == report.changes.unchanged


def test_an_empty_cell_takes_an_address_away(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))

    bring(database, write(tmp_path, HEADER, ANN.replace("ann@example.com", "")))

    assert [None] == [person.email for person in people(database)]


def test_a_file_without_a_column_leaves_that_column(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))
    before = people(database)

    report = bring(database, write(tmp_path, "Registration ID,Course", "R1,10K"))

    assert 1 == report.changes.unchanged
    assert before == people(database)


def test_somebody_new_without_a_status_is_confirmed(database, tmp_path):
    bring(database, write(tmp_path, "Registration ID,Course,Status", "R1,10K,maybe"))

    [person] = people(database)
    assert ("confirmed", "", None) == (person.status, person.bib, person.language)


def test_the_same_id_in_two_races_is_two_people(database, tmp_path):
    bring(database, write(tmp_path, HEADER, ANN))
    bring(database, write(tmp_path, HEADER, ANN.replace("Lee", "Li")), "xihu-2026")

    names = [people(database, race)[0].last_name for race in (RACE, "xihu-2026")]

    assert ["Lee", "Li"] == names


def test_a_file_that_breaks_off_leaves_nothing_behind(database, tmp_path):
    rows = [ANN.replace("R1", f"R{number}") for number in range(3000)]

    with pytest.raises(FileRefused, match="row 3002: has a quotation mark out of place"):
        bring(database, write(tmp_path, HEADER, *rows, 'R9,"10K'))

    assert [0] == rows_of(database, RegistrantRow)


def test_a_mapping_explains_other_headers(database, tmp_path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("columns: {registration_id: No, course: Run}\ncourses: {Short: 10k}\n")

    report = bring(database, write(tmp_path, "No,Run", "R1,Short"), mapping=mapping)

    assert {"Short": 1} == report.courses
    assert ["10k"] == [person.course for person in people(database)]


def test_an_unknown_race_is_refused_before_the_file_is_read(database, tmp_path):
    with pytest.raises(Unknown, match="no race called 'nope'; there is lakeshore-2026, xihu-2026"):
        bring(database, tmp_path / "nowhere.csv", "nope")


def test_progress_is_told_in_bytes_of_the_file(database, tmp_path):
    file = write(tmp_path, HEADER, *(ANN.replace("R1", f"R{number}") for number in range(2500)))
    told: list[int] = []

    import_registrants(
        ImportRegistrants(file, RACE), database=database, now=Clock(), progress=told.append
    )

    assert 3 == len(told)
    assert sorted(told) == told
    assert file.stat().st_size == told[-1]


def test_while_people_are_gathered_the_database_can_be_written_to(migrated_url, database, tmp_path):
    file = write(tmp_path, HEADER, *(ANN.replace("R1", f"R{number}") for number in range(2500)))
    other = Database(migrated_url)

    def write_meanwhile(_bytes_read: int) -> None:
        add_race(AddRace(DATA / "xihu-marathon.yaml"), database=other, now=Clock())

    report = import_registrants(
        ImportRegistrants(file, RACE), database=database, now=Clock(), progress=write_meanwhile
    )
    other.engine.dispose()

    assert 2500 == report.changes.added
