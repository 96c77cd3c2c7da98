"""A registration file is read whatever wrote it, or refused in one clear line."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
from collections import Counter
from pathlib import PosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notify.intake.files import FileRefused
from notify.intake.race_file import read_race_file
from notify.intake.reader import RegistrationFile
from notify.intake.rows import Row
from tests.intake.builders import DATA, HEADER, RACES, a_race, read, write

ENCODINGS = {
    "utf-8": ("utf-8", b""),
    "utf-8-bom": ("utf-8", codecs.BOM_UTF8),
    "utf-16-le-bom": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16-be-bom": ("utf-16-be", codecs.BOM_UTF16_BE),
    "utf-16-le": ("utf-16-le", b""),
    "utf-16-be": ("utf-16-be", b""),
    "gb18030": ("gb18030", b""),
}


def refusal(path, **mapping) -> str:
    """Return why the file is refused."""
    with pytest.raises(FileRefused) as refused:
        read(path, **mapping)
    return str(refused.value)


def counted(rows: list[Row]) -> dict[str, object]:
    """Return what the truth files say, of what can be told from the rows alone."""
    accepted = [row for row in rows if row.registrant]
    people = [row.registrant for row in rows if row.registrant]
    return {
        "rows": len(rows),
        "accepted": len(accepted),
        "refused": Counter(row.refused.reason.value for row in rows if row.refused),
        "cells_flagged": Counter(fault.reason.value for row in accepted for fault in row.faults),
        "distinct_phones": len({person.phone for person in people} - {None, ""}),
        "distinct_emails": len({(person.email or "").lower() for person in people} - {""}),
        "push_tokens": len({token for person in people for token in person.push_tokens or ()}),
        "courses": Counter(row.course for row in accepted),
        "statuses": Counter(row.status for row in accepted),
        "payments": Counter(payment for row in accepted for payment in row.payments),
    }


@pytest.mark.parametrize("race_id", RACES)
def test_a_race_offices_file_is_read_as_it_is(race_id):
    stem = DATA / RACES[race_id]
    race = read_race_file(stem.with_suffix(".yaml"))
    truth = json.loads(stem.with_suffix(".truth.json").read_text(encoding="utf-8"))

    rows = read(stem.with_suffix(".csv"), race)

    assert truth == counted(rows)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("name", ENCODINGS)
def test_encoding_delimiter_and_line_ends_are_found_out(tmp_path, name, delimiter, end):
    encoding, bom = ENCODINGS[name]
    cells = [
        ["报名编号", "项目", "姓", "名", "手机号"],
        ["X1", "十公里", "李", "雷", "13123454321"],
        ["X2", "半程马拉松", "韩", "梅梅", "13123454322"],
    ]
    lines = [delimiter.join(row) for row in cells]
    path = write(tmp_path, *lines, encoding=encoding, bom=bom, end=end)

    people = [row.registrant for row in read(path, a_race(default_region="CN"))]

    assert [
        ("X1", "10k", "李", "雷", "+8613123454321"),
        ("X2", "half", "韩", "梅梅", "+8613123454322"),
    ] == [(p.registration_id, p.course, p.last_name, p.first_name, p.phone) for p in people if p]


def test_a_line_break_inside_quotes_belongs_to_the_cell(tmp_path):
    path = write(tmp_path, HEADER + ",First Name", 'R1,10K,"Ann', 'Lee"', "R2,10K,Bo")

    rows = read(path)

    assert [(2, "Ann Lee"), (3, "Bo")] == [
        (row.number, row.registrant.first_name) for row in rows if row.registrant
    ]


def test_rows_are_counted_as_a_spreadsheet_does(tmp_path):
    path = write(tmp_path, HEADER, "R1,10K", "", " , ", "R2,10K")

    assert [2, 5] == [row.number for row in read(path)]


def test_excels_own_delimiter_line_is_obeyed(tmp_path):
    path = write(tmp_path, "sep=|", "Registration ID|Course", "R1|10K")

    assert [3] == [row.number for row in read(path)]


def test_the_mapping_names_encoding_and_delimiter(tmp_path):
    path = write(tmp_path, "Registration ID|Course|Name", "R1|10K|Zoë", encoding="cp1252")

    [row] = read(path, encoding="cp1252", delimiter="|")

    assert row.registrant
    assert "Zoë" == row.registrant.first_name


def test_notes_say_how_the_file_was_read_and_what_was_not(tmp_path):
    path = write(tmp_path, "Registration ID;Course;Shirt;Phone;Payment", "R1;10K;M;;Paid")

    with RegistrationFile(path, a_race()) as file:
        list(file.rows())
        notes = file.notes

    assert (
        "read as UTF-8, cells between semicolons",
        "columns not read: Shirt",
        "no column for: email, push_tokens",
        "no column for paid_at: payment attempts are counted, not kept",
    ) == notes


def test_western_text_is_not_taken_for_chinese(tmp_path):
    path = write(tmp_path, HEADER + ",Name", "R1,10K,Jürgen Müller", encoding="cp1252")

    assert "line 2: is neither UTF-8, UTF-16 nor GB18030" in refusal(path)


def test_a_damaged_utf8_file_is_not_taken_for_chinese(tmp_path):
    path = tmp_path / "registrants.csv"
    path.write_bytes((HEADER + ",Name\nR1,10K,李雷韩梅\nR2,10K,").encode() + b"\xff\n")

    assert "line 3: is UTF-8 up to here and damaged from here on" in refusal(path)


def test_a_file_cut_off_in_a_letter_is_refused(tmp_path):
    path = tmp_path / "registrants.csv"
    path.write_bytes((HEADER + ",Name\nR1,10K,李").encode()[:-1])

    assert "line 2: is UTF-8 up to here and damaged" in refusal(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; export the registrants"),
        (b"\xef\xbb\xbf\r\n", "is empty; export the registrants"),
        (b"PK\x03\x04 and so on", "is a spreadsheet or zip file; save it as CSV"),
        (b"\xd0\xcf\x11\xe0 and so on", "is an old Excel file; save it as CSV"),
        (b"%PDF-1.7", "is a PDF; save it as CSV"),
        (codecs.BOM_UTF32_LE + b"x\0\0\0", "is UTF-32; save it as CSV"),
        (HEADER.encode() + b"\n\n", "has a header and no registrants below it"),
        (b"Name,Phone\nAnn,1\n", "row 1: has no column for registration_id; found “Name”, “Phone”"),
        (HEADER.encode() + b'\nR1,10K\nR2,"10K\n', "row 3: has a quotation mark out of place"),
        (HEADER.encode() + b'\nR1,"10K" or so\n', "row 2: has a quotation mark out of place"),
    ],
)
def test_what_cannot_be_a_registration_file_is_refused_in_one_clear_line(tmp_path, content, said):
    path = tmp_path / "registrants.csv"
    path.write_bytes(content)

    message = refusal(path)

    assert message.startswith(f"{path}: ")
    assert said in message


def test_a_directory_is_refused(tmp_path):
    assert f"{tmp_path}: is a directory; name the file in it" == refusal(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    assert "no such file; check the name" in refusal(tmp_path / "nowhere.csv")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert "is not a regular file" in refusal(tmp_path / "pipe")


class Locked(PosixPath):
    """A path that may not be read, even by the superuser."""

    def open(self, *_args: Any, **_options: Any) -> Any:
        """Refuse."""
        raise PermissionError(13, "Permission denied")


def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = Locked(write(tmp_path, HEADER))

    assert "may not be read by this user" in refusal(path)


@pytest.mark.parametrize("before", ["", HEADER + "\nR1,10K\n", HEADER + '\nR1,10K\nR2,"'])
def test_an_endless_record_is_refused_before_it_fills_the_memory(tmp_path, before):
    path = tmp_path / "registrants.csv"
    with path.open("w") as file:
        file.write(before)
        for _ in range(100):
            file.write("x" * 100_000)

    row = before.count("\n") + 1

    assert f"row {row}: is longer than a million characters" in refusal(path)


def test_the_lines_of_one_record_add_up(tmp_path):
    cell = '"' + "x" * 100_000 + '\n"'
    path = write(tmp_path, HEADER, ",".join(["R1", "10K", *[cell] * 11]))

    assert "row 2: is longer than a million characters" in refusal(path)


def test_a_wrong_encoding_in_the_mapping_is_refused(tmp_path):
    path = write(tmp_path, HEADER, "R1,十公里", encoding="gb18030")

    assert "is not utf-8 text" in refusal(path, encoding="utf-8")


def test_a_cell_that_swallows_the_file_is_refused(tmp_path):
    path = write(tmp_path, HEADER, 'R1,"10K', *["x" * 1000] * 200)

    assert "row 2: has a quotation mark out of place" in refusal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), header=st.booleans())
def test_whatever_the_bytes_are_they_are_read_or_refused(tmp_path, content, header):
    path = tmp_path / "registrants.csv"
    path.write_bytes((HEADER.encode() + b",Name\n" if header else b"") + content)

    try:
        assert read(path)
    except FileRefused as refused:
        said = str(refused)
    else:
        said = f"{path}: read"

    assert said.startswith(f"{path}: ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1),
    encoding=st.sampled_from(["utf-8-sig", "utf-16", "gb18030"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_every_row_a_spreadsheet_writes_is_found_again(tmp_path, names, encoding, delimiter):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Registration ID", "Course", "Name"])
    writer.writerows([f"R{at}", "10K", name] for at, name in enumerate(names))
    path = tmp_path / "registrants.csv"
    path.write_bytes(out.getvalue().encode(encoding))

    rows = read(path, encoding="gb18030" if encoding == "gb18030" else None)

    assert [f"R{at}" for at in range(len(names))] == [
        row.registrant.registration_id for row in rows if row.registrant
    ]
