"""The manual lists exactly what is recognised, and every reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from notify.intake.faults import REFUSALS, Reason
from notify.intake.headers import HEADERS
from notify.intake.mapping_file import ENCODINGS, FileMapping
from notify.intake.values import LANGUAGES, PAYMENTS, STATUSES

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> dict[str, str]:
    """Return first cell → second cell of the table whose header starts with ``heading``."""
    table = PAGE.split(f"| {heading} |", maxsplit=1)[1].split("\n\n", maxsplit=1)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", table, re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "table"),
    [("column", HEADERS), ("status", STATUSES), ("payment", PAYMENTS), ("language", LANGUAGES)],
)
def test_the_manual_lists_the_words_that_are_recognised(heading, table):
    assert {str(key): " · ".join(words) for key, words in table.items()} == rows_under(heading)


def test_the_manual_says_what_to_do_about_every_reason():
    refusing, flagging = PAGE.split("These refuse a row:")[1].split("These flag a cell")
    listed = [re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) for part in (refusing, flagging)]

    assert [
        [reason.value for reason in Reason if reason in REFUSALS],
        [reason.value for reason in Reason if reason not in REFUSALS],
    ] == listed


def test_the_manual_names_every_key_of_a_mapping():
    example = PAGE.split("### The mapping file")[1].split("```")[1]

    assert set(FileMapping.__dataclass_fields__) == set(re.findall(r"^(\w+):", example, re.M))
    assert ", ".join(ENCODINGS) in example
