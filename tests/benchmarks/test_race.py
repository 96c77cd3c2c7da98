"""A registration office's race scaled to any size keeps its mess and repeats no address."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from benchmarks.race import RaceSize, write_files
from notify.simulator.sample import HEADER

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GOOD = ("832-555-0124", "US", "runner0@example.net", "token-0")
BROKEN = ("8.3E+09", "US", "runner1 at example.net", "")


@pytest.fixture
def office(tmp_path):
    """Give a folder with a race of two people, one of them with unreadable addresses."""
    (tmp_path / "lakeshore-marathon.yaml").write_text(
        "id: lakeshore\nstarts_at: 2020-01-01T07:30\n"
    )
    with (tmp_path / "lakeshore-marathon.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=HEADER)
        writer.writeheader()
        for number, (phone, country, mail, token) in enumerate((GOOD, BROKEN)):
            writer.writerow(
                {
                    "Registration ID": f"LM{number}",
                    "Cell Phone": phone,
                    "Country": country,
                    "E-mail": mail,
                    "Push Token": token,
                }
            )
    return tmp_path


def test_scaled_race_has_as_many_people_as_asked_for(office, tmp_path_factory):
    rows = _rows(office, tmp_path_factory.mktemp("home"), people=7)

    assert 7 == len(rows)
    assert 7 == len({row["Registration ID"] for row in rows})


def test_copies_have_addresses_of_their_own(office, tmp_path_factory):
    rows = _rows(office, tmp_path_factory.mktemp("home"), people=6)[::2]

    assert [3, 3, 3] == [
        len({row[name] for row in rows}) for name in ("Cell Phone", "E-mail", "Push Token")
    ]


def test_copies_keep_what_cannot_be_read(office, tmp_path_factory):
    rows = _rows(office, tmp_path_factory.mktemp("home"), people=6)[1::2]

    assert {(BROKEN[0], BROKEN[2], "")} == {
        (row["Cell Phone"], row["E-mail"], row["Push Token"]) for row in rows
    }


def test_scaled_race_starts_tomorrow(office, tmp_path_factory):
    files = write_files(RaceSize(2, 1, office), tmp_path_factory.mktemp("home"), now=NOW)

    assert "id: lakeshore\nstarts_at: 2026-11-22T07:30\n" == files.race.read_text()


def test_without_the_file_a_race_is_made_up(tmp_path):
    files = write_files(RaceSize(12, 1, tmp_path), tmp_path, now=NOW)

    with files.registrants.open(newline="") as file:
        assert 12 == len(list(csv.DictReader(file)))


def _rows(office, home, *, people):
    files = write_files(RaceSize(people, 1, office), home, now=NOW)
    with files.registrants.open(newline="") as file:
        return list(csv.DictReader(file))
