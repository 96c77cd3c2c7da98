"""Cells are cleaned, and a formula is never more than text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.intake.cells import clean, escape_formula, unescape_formula
from tests.intake.builders import full_width

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *full_width("=+-@"))
CELL = st.text(
    st.one_of(st.sampled_from("'=+-@\t\r\n" + full_width("=")), st.characters()), max_size=12
)


@pytest.mark.parametrize("start", STARTS)
def test_what_a_spreadsheet_would_run_is_marked_as_text(start):
    assert f"'{start}1+1" == escape_formula(f"{start}1+1")


@pytest.mark.parametrize("text", ["O'Brien", "'t Hooft", "1+1", "a=b", "", "李雷"])
def test_other_text_is_left_as_it_is(text):
    assert text == escape_formula(text)


@given(CELL)
def test_escaping_loses_nothing(text):
    assert text == unescape_formula(escape_formula(text))


@given(CELL)
def test_no_escaped_cell_starts_a_formula(text):
    assert not escape_formula(text).startswith(STARTS)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Ann ", "Ann"),
        ("Ann\r\nLee", "Ann Lee"),
        ("\u3000Ann\u00a0", "Ann"),
        ("\u202aAnn\u202c", "Ann"),
        ("👩‍🏃 Zoë 李雷", "👩‍🏃 Zoë 李雷"),
    ],
)
def test_a_cell_is_one_line_without_marks_nobody_sees(raw, expected):
    assert (expected, False) == clean(raw)


def test_control_characters_are_removed_and_said():
    assert ("Ann", True) == clean("A\0n\x1bn")


@given(st.text(max_size=30))
def test_cleaning_twice_changes_nothing_more(raw):
    text, _removed = clean(raw)

    assert text == clean(escape_formula(text))[0]
