"""Dates are the race's wall clock; a guess is never made in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from notify.intake.dates import DateOrder, Moment, read_moment
from notify.intake.faults import CellFault, Reason
from tests.intake.builders import full_width

CHICAGO = ZoneInfo("America/Chicago")
NOVEMBER = datetime(2026, 11, 15, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-14 21:05",
        "2026-11-14T21:05:00",
        "2026/11/14 21:05",
        "2026.11.14 21:05",
        "2026年11月14日 21:05",
        "2026-11-14 9:05 PM",
        "2026-11-14 21:05:00.250",
        full_width("2026-11-14 21:05"),
        "2026-11-15T03:05:00Z",
        "2026-11-15 11:05+0800",
    ],
)
def test_a_date_with_a_time_is_a_moment(written):
    assert Moment(NOVEMBER) == read_moment(written, CHICAGO)


@pytest.mark.parametrize(
    ("written", "order"),
    [("11/14/2026 21:05", DateOrder.MONTH_FIRST), ("14.11.2026, 21:05", DateOrder.DAY_FIRST)],
)
def test_the_operator_says_what_comes_first_when_the_year_is_last(written, order):
    assert Moment(NOVEMBER) == read_moment(written, CHICAGO, order)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-11-14",
        "11/14/2026 21:05",
        "46340.88",
        "2026-13-01 10:00",
        "2026-11-14 24:30",
        "2026-11-14 13:05 PM",
        "1899-12-31 00:00",
        "yesterday",
    ],
)
def test_what_is_no_moment_is_refused(written):
    with pytest.raises(CellFault) as fault:
        read_moment(written, CHICAGO)

    assert Reason.TIME_INVALID == fault.value.reason


def test_of_a_time_shown_twice_the_first_is_taken_and_said():
    first = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)

    assert Moment(first, twice=True) == read_moment("2026-11-01 01:30", CHICAGO)


def test_an_offset_says_which_of_the_two():
    second = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)

    assert Moment(second) == read_moment("2026-11-01 01:30-06:00", CHICAGO)


def test_a_time_the_clocks_skip_is_refused():
    with pytest.raises(CellFault) as fault:
        read_moment("2026-03-08 02:30", CHICAGO)

    assert Reason.TIME_NOT_ON_CLOCK == fault.value.reason
