"""One cell's text: what is cleaned away, and how a formula is kept from ever running."""

from __future__ import annotations

import re
import unicodedata

MAX_CELL = 4096

# What spreadsheets take for the start of a formula, full-width forms included (OWASP, "CSV
# Injection"). Cells that already look escaped are escaped once more, so that nothing is lost.
_STARTS = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(f"'*{_STARTS}")
_ESCAPED = re.compile(f"'+{_STARTS}")

_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
# Marks that phones and web pages leave around copied text; the joiners emoji need are not here.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def escape_formula(text: str) -> str:
    """Return ``text`` as a spreadsheet may open it: a formula becomes text by a leading ``'``."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Return what ``escape_formula`` was given."""
    return text[1:] if _ESCAPED.match(text) else text


def clean(raw: str) -> tuple[str, bool]:
    """Return the text of a cell on one line, and whether control characters were removed."""
    text = unescape_formula(raw)
    if text.isprintable():
        return text.strip(), False
    text = _INVISIBLE.sub("", _BREAKS.sub(" ", text))
    kept = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cs"})
    return kept.strip(), len(kept) < len(text)
