"""How many SMS parts a text costs, by the rules of GSM 03.38 and UCS-2 concatenation.

Source of the figures: 3GPP TS 23.038 (alphabet, extension table) and 3GPP TS 23.040 (a 6-octet
concatenation header leaves 153 septets or 67 UTF-16 units of a part for text). Where counters
differ, Twilio's own (npm sms-segments-calculator 1.3.0) is followed, because Twilio bills by it: an
empty text is one part, and what a reader sees as one character is never cut in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from notify.domain.graphemes import graphemes

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")

Encoding = Literal["GSM-7", "UCS-2"]

MAX_CHARACTERS = 1600
"""Twilio refuses a longer body (error 21617)."""

_LIMITS: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True, slots=True)
class SmsParts:
    """The size of one SMS text.

    ``units`` counts septets (GSM-7, an extension character is two) or UTF-16 code units (UCS-2);
    ``offending`` lists, once each and in order, the characters that forced UCS-2.
    """

    encoding: Encoding
    segments: int
    units: int
    offending: tuple[str, ...]


def count_parts(text: str) -> SmsParts:
    """Return the encoding, number of parts and units of ``text``; an empty text is one part."""
    offending = tuple(dict.fromkeys(char for char in text if not is_gsm7(char)))
    encoding: Encoding = "UCS-2" if offending else "GSM-7"
    single, part = _LIMITS[encoding]
    units = sum(_size(char, encoding) for char in text)
    segments = 1
    if units > single:
        pieces = graphemes(text) if offending else text
        segments = _segments((_sum(piece, encoding) for piece in pieces), single, part)
    return SmsParts(encoding, segments, units, offending)


def is_gsm7(char: str) -> bool:
    """Return whether ``char`` is in the GSM 03.38 alphabet or its extension table."""
    return char in GSM7_BASIC or char in GSM7_EXTENSION


def _size(char: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if char in GSM7_EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1


def _sum(piece: str, encoding: Encoding) -> int:
    return sum(_size(char, encoding) for char in piece)


def _segments(sizes: Iterable[int], single: int, part: int) -> int:
    """Fill parts in order without cutting a piece; pieces of more than a part are let through.

    A first piece too long even for a single SMS leaves the first part empty, as Twilio counts it.
    """
    segments, free = 1, part
    for index, size in enumerate(sizes):
        if size > free and (index > 0 or size > single):
            segments, free = segments + 1, part
        free -= size
    return segments


_LOOKALIKES = str.maketrans(
    {
        "\u00a0": " ",
        "\u2002": " ",
        "\u2003": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u00ad": "",
        "\u200b": "",
        "\u2060": "",
        "\ufeff": "",
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201b": "'",
        "\u2032": "'",
        "\u00b4": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2033": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u2022": "-",
        "\u00b7": "-",
        "\u2044": "/",
        "\u2192": "->",
        "\u00d7": "x",
    }
)
"""Typographic characters and what a phone's keyboard has in their place."""

_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r"\s*\n\s*")


def plain_sms(text: str) -> str:
    """Return ``text`` as it is sent: trimmed, single spaces, no empty lines, GSM-7 if it can be.

    Curly quotes, dashes, ellipses and odd spaces become plain ones, but only where that makes the
    whole text GSM-7 (two and a quarter times as much fits in a part); where something else needs
    UCS-2 anyway, as in any Chinese text, the typography is left as it was written.
    """
    tidy = _LINE_ENDS.sub("\n", _SPACES.sub(" ", text)).strip()
    if all(map(is_gsm7, tidy)):
        return tidy
    plain = tidy.translate(_LOOKALIKES)
    return _SPACES.sub(" ", plain).strip() if all(map(is_gsm7, plain)) else tidy
