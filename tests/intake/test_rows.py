"""A row becomes a registrant; one bad cell costs the cell, not the person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from notify.domain.registrant import PaymentAttempt
from notify.intake.faults import Fault, Reason
from notify.intake.headers import HEADERS
from tests.intake.builders import HEADER, a_race, read, read_one, write


def reasons(row) -> list[str]:
    """Return why cells are flagged or the row is refused."""
    return [fault.reason.value for fault in row.faults]


def test_a_full_row_is_read(tmp_path):
    row = read_one(
        tmp_path,
        {
            "Registration ID": " 0071 ",
            "Bib": "0012",
            "First Name": "Zoë 👟",
            "Last Name": "=HYPERLINK(1)",
            "E-mail": "Zoe@EXAMPLE.com",
            "Phone": "312 555 0124",
            "Country": "USA",
            "Course": "half marathon",
            "Wave": "Wave B",
            "Language": "中文",
            "Status": "WAIT-LIST",
            "Payment Status": "Declined",
            "Payment Attempted At": "2026-11-14 21:05",
            "Push Token": "abc:1; abc:2|abc:3 abc:1",
            "Finished At": "2026-12-06 11:30",
        },
    )

    person = row.registrant

    assert [] == row.faults
    assert ("Half Marathon".lower(), "WAIT-LIST", ("Declined",)) == (
        row.course,
        row.status,
        row.payments,
    )
    assert person is not None
    assert ("0071", "0012", "Zoë 👟", "=HYPERLINK(1)", "Zoe@example.com") == (
        person.registration_id,
        person.bib,
        person.first_name,
        person.last_name,
        person.email,
    )
    assert ("+13125550124", "US", "half", "B", "zh-CN", "waitlisted") == (
        person.phone,
        person.country,
        person.course,
        person.wave,
        person.language,
        person.status,
    )
    assert ("abc:1", "abc:2", "abc:3") == person.push_tokens
    assert (PaymentAttempt(datetime(2026, 11, 15, 3, 5, tzinfo=UTC), "failed"),) == person.payments
    assert datetime(2026, 12, 6, 17, 30, tzinfo=UTC) == person.finished_at


@pytest.mark.parametrize(
    ("header", "cell", "field", "reason"),
    [
        ("Phone", "12345", "phone", Reason.PHONE_INVALID),
        ("Phone", "4.474E+11", "phone", Reason.PHONE_SCIENTIFIC),
        ("E-mail", "not-an-address", "email", Reason.EMAIL_INVALID),
        ("Country", "Atlantis", "country", Reason.COUNTRY_UNKNOWN),
        ("Wave", "Z", "wave", Reason.WAVE_UNKNOWN),
        ("Language", "Klingon", "language", Reason.LANGUAGE_UNKNOWN),
        ("Status", "maybe", "status", Reason.STATUS_UNKNOWN),
        ("Push Token", "令牌", "push_tokens", Reason.PUSH_TOKEN_INVALID),
        ("Finished At", "3:45:12", "finished_at", Reason.TIME_INVALID),
    ],
)
def test_a_cell_nobody_can_read_is_flagged_and_says_nothing(tmp_path, header, cell, field, reason):
    row = read_one(tmp_path, {header: cell})

    assert [Fault(2, header, reason, cell)] == row.faults
    assert row.registrant
    assert getattr(row.registrant, field) is None


@pytest.mark.parametrize("blank", ["", "-", "N/A", "none", "无"])
@pytest.mark.parametrize("header", ["Phone", "E-mail", "Country", "Wave", "Language"])
def test_a_cell_left_empty_says_that_there_is_none(tmp_path, header, blank):
    row = read_one(tmp_path, {header: blank})

    field = {"E-mail": "email"}.get(header, header.lower())

    assert [] == row.faults
    assert row.registrant
    assert "" == getattr(row.registrant, field)


def test_an_empty_status_says_nothing(tmp_path):
    row = read_one(tmp_path, {"Status": ""})

    assert row.registrant
    assert row.registrant.status is None


@pytest.mark.parametrize("name", ["None", "Null", "N/A", "-"])
def test_a_name_is_never_taken_for_an_empty_cell(tmp_path, name):
    row = read_one(tmp_path, {"Last Name": name})

    assert row.registrant
    assert name == row.registrant.last_name


def test_a_column_the_file_does_not_have_says_nothing(tmp_path):
    person = read_one(tmp_path, {}).registrant

    assert person
    told = {name for name in HEADERS if name not in {"full_name", "payment", "paid_at"}}
    assert {"registration_id", "course"} == {
        name for name in told if getattr(person, name) is not None
    }


def test_the_row_s_country_decides_how_its_phone_is_dialled(tmp_path):
    row = read_one(tmp_path, {"Phone": "07400 123970", "Country": "英国"})

    assert row.registrant
    assert "+447400123970" == row.registrant.phone


def test_an_unknown_country_leaves_the_phone_to_the_race_s_region(tmp_path):
    row = read_one(tmp_path, {"Phone": "312 555 0124", "Country": "Atlantis"})

    assert row.registrant
    assert "+13125550124" == row.registrant.phone


@pytest.mark.parametrize(
    ("lines", "reason", "column"),
    [
        (["R1,10K", "R1,10K"], Reason.ID_DUPLICATE, "Registration ID"),
        ([",10K"], Reason.ID_MISSING, "Registration ID"),
        (["2.026E+11,10K"], Reason.ID_SCIENTIFIC, "Registration ID"),
        (["R1,Ultra"], Reason.COURSE_UNKNOWN, "Course"),
        (["R1"], Reason.COURSE_UNKNOWN, "Course"),
        (["R1,10K,surplus"], Reason.TOO_MANY_CELLS, ""),
        (["R1," + "x" * 5000], Reason.CELL_TOO_LONG, "Course"),
    ],
)
def test_a_row_is_refused_with_one_reason(tmp_path, lines, reason, column):
    row = read(write(tmp_path, HEADER, *lines))[-1]

    assert row.registrant is None
    assert row.refused
    assert (reason, column, len(lines) + 1) == (
        row.refused.reason,
        row.refused.column,
        row.refused.row,
    )
    assert 120 >= len(row.refused.value)


def test_the_id_of_a_refused_row_is_taken_all_the_same(tmp_path):
    rows = read(write(tmp_path, HEADER, "R1,Ultra", "R1,10K"))

    assert [["course_unknown"], ["registration_id_duplicate"]] == [reasons(row) for row in rows]


def test_empty_cells_beyond_the_header_are_nothing(tmp_path):
    [row] = read(write(tmp_path, HEADER, "R1,10K,, "))

    assert row.registrant


def test_control_characters_are_taken_out_and_flagged(tmp_path):
    row = read_one(tmp_path, {"First Name": "A\0nn"})

    assert [Fault(2, "First Name", Reason.CONTROL_CHARACTERS, "Ann")] == row.faults
    assert row.registrant
    assert "Ann" == row.registrant.first_name


@pytest.mark.parametrize(
    ("result", "moment", "expected", "flagged"),
    [
        ("", "", 0, []),
        ("Paid", "2026-11-14 21:05", 1, []),
        ("Failed; Paid", "2026-11-14 21:05; 2026-11-14 21:09", 2, []),
        ("Failed；Paid", "2026-11-14 21:05；2026-11-14 21:09", 2, []),
        ("Paid", "", 0, ["payment_incomplete"]),
        ("", "2026-11-14 21:05", 0, ["payment_incomplete"]),
        ("Failed; Paid", "2026-11-14 21:05", 0, ["payment_incomplete"]),
        ("Bartered", "2026-11-14 21:05", 0, ["payment_unknown"]),
        ("Paid", "14 November", 0, ["time_invalid"]),
        ("Paid", "2026-03-08 02:30", 0, ["time_not_on_clock"]),
    ],
)
def test_payment_attempts_are_read_in_pairs(tmp_path, result, moment, expected, flagged):
    row = read_one(tmp_path, {"Payment Status": result, "Payment Time": moment})

    assert row.registrant
    assert (expected, flagged) == (len(row.registrant.payments), reasons(row))


@pytest.mark.parametrize(
    ("label", "wave"), [("B", "B"), ("b", "B"), ("Corral B", "B"), ("B区", "B"), ("起跑区 A", "A")]
)
def test_a_wave_is_known_by_its_letter(tmp_path, label, wave):
    row = read_one(tmp_path, {"Wave": label})

    assert row.registrant
    assert wave == row.registrant.wave


def test_a_race_without_waves_takes_what_the_file_says(tmp_path):
    path = write(tmp_path, HEADER + ",Wave", "R1,10K,blue")

    [row] = read(path, a_race(waves={}))

    assert row.registrant
    assert "blue" == row.registrant.wave


def test_the_mapping_s_words_come_first(tmp_path):
    told = {"Course": "Fun Run", "Status": "OK", "Language": "Cantonese", "Payment": "Bartered"}
    row = read_one(
        tmp_path,
        told | {"Payment Time": "2026-11-14 21:05"},
        courses={"fun run": "10k"},
        statuses={"ok": "pending"},
        languages={"Cantonese": "zh-CN"},
        payments={"bartered": "paid"},
    )

    assert row.registrant
    assert ("10k", "pending", "zh-CN", "paid") == (
        row.registrant.course,
        row.registrant.status,
        row.registrant.language,
        row.registrant.payments[0].result,
    )


def test_a_single_column_of_names_is_kept_whole(tmp_path):
    row = read_one(tmp_path, {"姓名": "李雷"})

    assert row.registrant
    assert ("李雷", None) == (row.registrant.first_name, row.registrant.last_name)
