"""How many SMS parts a text costs, by the rules of GSM 03.38 and UCS-2 concatenation.

Source of the figures: 3GPP TS 23.038 (alphabet, extension table) and 3GPP TS 23.040 (a 6-octet
concatenation header leaves 153 septets or 67 UTF-16 units of a part for text).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")

Encoding = Literal["GSM-7", "UCS-2"]

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
    """Return the encoding, number of parts and units of ``text``; an empty text is no part."""
    offending = tuple(dict.fromkeys(char for char in text if not _is_gsm7(char)))
    encoding: Encoding = "UCS-2" if offending else "GSM-7"
    sizes = [_size(char, encoding) for char in text]
    return SmsParts(encoding, _segments(sizes, *_LIMITS[encoding]), sum(sizes), offending)


def _is_gsm7(char: str) -> bool:
    return char in GSM7_BASIC or char in GSM7_EXTENSION


def _size(char: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if char in GSM7_EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1


def _segments(sizes: list[int], single: int, part: int) -> int:
    """Fill parts in order: neither an escape pair nor a surrogate pair is split between two."""
    total = sum(sizes)
    if total <= single:
        return int(total > 0)
    segments, free = 1, part
    for size in sizes:
        if size > free:
            segments, free = segments + 1, part
        free -= size
    return segments
