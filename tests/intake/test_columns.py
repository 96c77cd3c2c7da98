"""Columns are found by their headers, or the operator is told what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from notify.intake.columns import match_columns
from notify.intake.files import FileRefused
from notify.intake.headers import HEADERS
from notify.intake.values import LANGUAGES, PAYMENTS, STATUSES, countries, fold
from tests.intake.builders import full_width

FILE = Path("registrants.csv")
ID = "Registration ID"


def match(*headers: str, **mapped: str) -> dict[str, int]:
    """Return field → position."""
    return dict(match_columns(FILE, 1, list(headers), mapped).at)


def refusal(*headers: str, **mapped: str) -> str:
    """Return why the header is refused."""
    with pytest.raises(FileRefused) as refused:
        match(*headers, **mapped)
    return str(refused.value)


@pytest.mark.parametrize(
    "header",
    ["Registration ID", "REGISTRATION_ID", "registration-id", full_width("Registration_ID")],
)
def test_spelling_does_not_matter(header):
    assert {"registration_id": 0, "course": 1} == match(header, "course")


@pytest.mark.parametrize("table", [HEADERS, STATUSES, PAYMENTS, LANGUAGES])
def test_no_word_has_two_meanings(table):
    words = [fold(word) for words in table.values() for word in set(map(fold, words))]

    assert sorted(set(words)) == sorted(words)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("us", "US"),
        ("USA", "US"),
        ("England", "GB"),
        ("GER", "DE"),
        ("中国", "CN"),
        ("中國香港", "HK"),
        ("德國", "DE"),
        ("NA", "NA"),
        ("CHI", "CL"),
        ("CHN", "CN"),
    ],
)
def test_countries_are_known_by_code_and_name(name, code):
    assert code == countries()[fold(name)]


def test_a_mapped_header_wins_over_a_known_one():
    at = match(ID, "Course", "Phone", "Contact No", phone="contact no")

    assert {"registration_id": 0, "course": 1, "phone": 3} == at


def test_a_full_name_beside_its_parts_is_not_read():
    columns = match_columns(FILE, 1, [ID, "Course", "Name", "First Name"], {})

    assert "full_name" not in columns.at
    assert ("Name",) == columns.ignored


def test_a_column_nobody_knows_is_ignored_by_name():
    assert ("Shirt",) == match_columns(FILE, 1, [ID, "Course", "", "Shirt"], {}).ignored


def test_a_required_column_that_is_missing_is_refused_with_the_way_out():
    assert (
        "registrants.csv: row 1: has no column for course; found “Registration ID”, “Shirt”; "
        'write a mapping file with `columns: {course: "their header"}` and pass it with --mapping'
    ) == refusal(ID, "Shirt")


def test_a_header_that_is_there_twice_is_refused():
    assert (
        "registrants.csv: row 1: has the column “Shirt” more than once; rename or remove one"
    ) == refusal(ID, "Course", "Shirt", "Shirt")


def test_two_columns_with_one_meaning_are_refused():
    message = refusal(ID, "Course", "Phone", "Mobile")

    assert "has two columns for phone, “Phone” and “Mobile”" in message
    assert "`columns: {phone: Mobile}`" in message


def test_a_mapped_header_the_file_does_not_have_is_refused():
    message = refusal(ID, "Course", phone="Contact No")

    assert "has no column “Contact No”, which the mapping names for phone; found" in message


def test_a_header_of_a_thousand_columns_is_not_repeated_whole():
    message = refusal(*(f"column {number}" for number in range(1000)))

    assert 3000 > len(message)
    assert "and 960 more" in message
