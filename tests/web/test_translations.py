"""Every string of the pages exists in Chinese, and no string is translated that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from notify.web.i18n import CATALOGUES

_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
_PLACE = re.compile(r"%\((\w+)\)")

Id = str | tuple[str, ...]


@cache
def used() -> frozenset[Id]:
    """Return every string that a page or a module asks to have translated."""
    found = extract_from_dir(str(CATALOGUES.parent), _METHODS, keywords=_KEYWORDS)
    return frozenset(message for _file, _line, message, _comments, _context in found)


def translated() -> Iterator[tuple[Id, Id]]:
    """Yield every string with its translation."""
    for path in CATALOGUES.glob("*/LC_MESSAGES/*.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id:
                    yield tuple_or_text(message.id), tuple_or_text(message.string or "")


def tuple_or_text(value: str | Sequence[str]) -> Id:
    return value if isinstance(value, str) else tuple(value)


def test_every_string_is_translated():
    known = {message for message, text in translated() if is_whole(text)}

    assert set() == used() - known


def test_nothing_is_translated_that_no_page_says():
    assert set() == {message for message, _text in translated()} - used()


def test_a_translation_names_the_same_values():
    wrong = [
        (message, text)
        for message, text in translated()
        if not places(text) <= places(message) or places(message) - places(text) - {"num"}
    ]

    assert [] == wrong


@pytest.mark.parametrize("mark", ["  ", " ,", "。 ", "!", "?"])
def test_chinese_is_written_with_its_own_punctuation(mark):
    assert [] == [text for _message, text in translated() if mark in text]


def is_whole(text: Id) -> bool:
    return all(text) if isinstance(text, tuple) else bool(text)


def places(message: Id) -> set[str]:
    return set(_PLACE.findall(message if isinstance(message, str) else " ".join(message)))
