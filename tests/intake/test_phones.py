"""Phones become E.164, or are said to be unreadable; nobody's number is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.intake.faults import CellFault, Reason
from notify.intake.phones import read_phone
from tests.intake.builders import full_width


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("312-555-0124", "US", "+13125550124"),
        ("(312) 555-0124", "US", "+13125550124"),
        (" 312 555 0124 ", "US", "+13125550124"),
        ("312.555.0124", "US", "+13125550124"),
        ("+1 312 555 0124", "CN", "+13125550124"),
        ("'+1 312 555 0124", "CN", "+13125550124"),
        ("tel:+1-312-555-0124", "GB", "+13125550124"),
        ("312-555-0124 x12", "US", "+13125550124"),
        ('="3125550124"', "US", "+13125550124"),
        ("3125550124.0", "US", "+13125550124"),
        ("07400 123970", "GB", "+447400123970"),
        ("0044 7400 123970", "US", "+447400123970"),
        ("13123454321", "CN", "+8613123454321"),
        ("0086 131 2345 4321", "CN", "+8613123454321"),
        (full_width("13123454321"), "CN", "+8613123454321"),
        (full_width("+86 131 2345 4321"), "US", "+8613123454321"),
    ],
)
def test_a_phone_is_read_as_somebody_in_the_region_would_dial_it(written, region, expected):
    assert expected == read_phone(written, region)


@pytest.mark.parametrize(
    "written", ["8.61312E+12", "4.474E+11", "8,61312E+12", "1.31234E12", "8.61312e+12", "8E+12"]
)
def test_a_number_a_spreadsheet_rounded_is_told_apart(written):
    with pytest.raises(CellFault) as fault:
        read_phone(written, "CN")

    assert Reason.PHONE_SCIENTIFIC == fault.value.reason


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("12345", "US"),
        ("12345", "CN"),  # a service number there: can be dialled, cannot be written to
        ("131 2345", "CN"),
        ("312 555 0124 / 312 555 0125", "US"),
        ("312 FLOWERS", "US"),
        ("ask 312 555 0124", "US"),
        ("+999 312 555 0124", "US"),
        ("3125550124", "ZZ"),
    ],
)
def test_what_is_no_number_is_not_guessed_at(written, region):
    with pytest.raises(CellFault) as fault:
        read_phone(written, region)

    assert Reason.PHONE_INVALID == fault.value.reason


@given(st.text(max_size=30), st.sampled_from(["US", "CN", "GB", "ZZ"]))
def test_whatever_is_written_is_read_or_refused_and_reads_the_same_again(written, region):
    try:
        number = read_phone(written, region)
    except CellFault:
        return

    assert number == read_phone(number, region)
