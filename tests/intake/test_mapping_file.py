"""The mapping file is checked before a registration file is read by it."""

from __future__ import annotations

import pytest

from notify.intake.dates import DateOrder
from notify.intake.files import FileRefused
from notify.intake.mapping_file import FileMapping, read_mapping_file
from tests.intake.builders import a_race

FULL = """\
columns: {registration_id: Our No, phone: Contact}
courses: {Fun Run: 10k}
statuses: {OK: confirmed}
payments: {Bartered: paid}
languages: {Cantonese: zh-CN}
delimiter: semicolon
encoding: cp1252
dates: dmy
"""


def refusal(tmp_path, text: str) -> str:
    """Return why a mapping file with ``text`` is refused."""
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        read_mapping_file(tmp_path / "mapping.yaml", a_race())
    return str(refused.value).replace(f"{tmp_path}/", "")


def test_everything_in_a_mapping_is_read(tmp_path):
    (tmp_path / "mapping.yaml").write_text(FULL)

    assert FileMapping(
        columns={"registration_id": "Our No", "phone": "Contact"},
        courses={"Fun Run": "10k"},
        statuses={"OK": "confirmed"},
        payments={"Bartered": "paid"},
        languages={"Cantonese": "zh-CN"},
        delimiter=";",
        encoding="cp1252",
        dates=DateOrder.DAY_FIRST,
    ) == read_mapping_file(tmp_path / "mapping.yaml", a_race())


def test_all_mistakes_are_said_at_once_with_their_lines(tmp_path):
    text = "columns:\n  phon: Contact\ncourses:\n  Fun Run: fun\nshirt: M\nencoding: klingon\n"

    said = [line.split(";")[0] for line in refusal(tmp_path, text).splitlines()]

    assert [
        "mapping.yaml: line 2: columns.phon: is not one of our columns",
        "mapping.yaml: line 4: courses.Fun Run: fun is not known here",
        "mapping.yaml: line 5: shirt: is not known here",
        "mapping.yaml: line 6: encoding: klingon is not known here",
    ] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: [phone]", "line 1: columns: must be the file's headers"),
        ("columns: {phone: [A]}", "line 1: columns.phone: must be one header of the file"),
        ("columns: {phone: A, email: A}", "columns.phone: 'A' is used for more than one column"),
        ("courses: none", "line 1: courses: must be the file's words"),
        ("statuses:\n  OK: fine", "line 2: statuses.OK: fine is not known here; choose from conf"),
        ("- a", "line 1: must be keys and values"),
        ("", "line 1: must be keys and values"),
        ("columns: {phone: A, phone: B}", "line 1: has 'phone' twice"),
        ("columns: {phone: A", "is not valid YAML"),
        ("a: &x 1\nb: *x", "line 2: has an alias (*name); write the value out"),
        ("? [a]\n: b", "line 1: has a key that is not a word"),
        ("a: \x00", "line 1: has a control character"),
        ("[" * 5000, "line 1: is nested too deeply"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(tmp_path, text, said):
    assert said in refusal(tmp_path, text)


def test_a_mapping_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "mapping.yaml").write_bytes(b"columns:\n  phone: \xff")

    with pytest.raises(FileRefused, match="line 2: is not UTF-8 text; save the file as UTF-8"):
        read_mapping_file(tmp_path / "mapping.yaml", a_race())


def test_a_huge_mapping_is_refused(tmp_path):
    (tmp_path / "mapping.yaml").write_bytes(b"#" * 200_001)

    with pytest.raises(FileRefused, match="is larger than 200 kB"):
        read_mapping_file(tmp_path / "mapping.yaml", a_race())
