"""Where a text may be cut between SMS parts: never inside what a reader sees as one character.

Rules: Unicode Standard Annex 29, extended grapheme clusters, in the version (Unicode 10) that
Twilio's segment calculator uses; newer emoji joined by a zero-width joiner may be cut, there too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto

_ALWAYS_ALONE = re.compile(
    "[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u3001-\u3029"
    "\u3400-\u9fff\uff01-\uff9d\n]*"
)
"""Latin and Chinese text, where every code point stands alone: the common case, decided quickly."""


class _Kind(Enum):
    OTHER = auto()
    CONTROL = auto()
    EXTEND = auto()
    JOINER = auto()
    PREPEND = auto()
    FLAG = auto()
    BASE = auto()
    JOINABLE_BASE = auto()
    JOINABLE = auto()
    TONE = auto()
    HANGUL_L = auto()
    HANGUL_V = auto()
    HANGUL_T = auto()
    HANGUL_LV = auto()
    HANGUL_LVT = auto()


def _ranges(listed: str, kind: _Kind) -> dict[int, _Kind]:
    found = {}
    for part in listed.split():
        first, _, last = part.partition("-")
        found.update(dict.fromkeys(range(int(first, 16), int(last or first, 16) + 1), kind))
    return found


_KINDS: dict[int, _Kind] = {
    **_ranges("200d", _Kind.JOINER),
    **_ranges("200c e33 eb3 1cf2-1cf3 ff9e-ff9f e0020-e007f", _Kind.EXTEND),
    **_ranges("600-605 6dd 70f 8e2 d4e 110bd 111c2-111c3 11a3a 11a86-11a89 11d46", _Kind.PREPEND),
    **_ranges("1f1e6-1f1ff", _Kind.FLAG),
    **_ranges("1f3fb-1f3ff", _Kind.TONE),
    **_ranges("1f466-1f469", _Kind.JOINABLE_BASE),
    **_ranges(
        "2640 2642 2695-2696 2708 2764 1f308 1f33e 1f373 1f393 1f3a4 1f3a8 1f3eb 1f3ed 1f48b"
        " 1f4bb-1f4bc 1f527 1f52c 1f5e8 1f680 1f692",
        _Kind.JOINABLE,
    ),
    **_ranges(
        "261d 26f9 270a-270d 1f385 1f3c2-1f3c4 1f3c7 1f3ca-1f3cc 1f442-1f443 1f446-1f450 1f46e"
        " 1f470-1f478 1f47c 1f481-1f483 1f485-1f487 1f4aa 1f574-1f575 1f57a 1f590 1f595-1f596"
        " 1f645-1f647 1f64b-1f64f 1f6a3 1f6b4-1f6b6 1f6c0 1f6cc 1f918-1f91c 1f91e-1f91f 1f926"
        " 1f930-1f939 1f93d-1f93e 1f9d1-1f9dd",
        _Kind.BASE,
    ),
    **_ranges("1100-115f a960-a97c", _Kind.HANGUL_L),
    **_ranges("1160-11a7 d7b0-d7c6", _Kind.HANGUL_V),
    **_ranges("11a8-11ff d7cb-d7fb", _Kind.HANGUL_T),
    **_ranges("180e 2065 fff0-fff8 e0000 e0002-e001f e0080-e00ff e01f0-e0fff", _Kind.CONTROL),
}

_HANGUL_FOLLOWED_BY = {
    _Kind.HANGUL_L: {_Kind.HANGUL_L, _Kind.HANGUL_V, _Kind.HANGUL_LV, _Kind.HANGUL_LVT},
    _Kind.HANGUL_LV: {_Kind.HANGUL_V, _Kind.HANGUL_T},
    _Kind.HANGUL_V: {_Kind.HANGUL_V, _Kind.HANGUL_T},
    _Kind.HANGUL_LVT: {_Kind.HANGUL_T},
    _Kind.HANGUL_T: {_Kind.HANGUL_T},
}

_CATEGORIES = {
    "Cc": _Kind.CONTROL,
    "Cf": _Kind.CONTROL,
    "Cs": _Kind.CONTROL,
    "Zl": _Kind.CONTROL,
    "Zp": _Kind.CONTROL,
    "Mn": _Kind.EXTEND,
    "Me": _Kind.EXTEND,
    "Mc": _Kind.EXTEND,
}


def graphemes(text: str) -> Iterator[str]:
    """Yield the pieces of ``text`` that must not be cut, in order; together they are ``text``."""
    if _ALWAYS_ALONE.fullmatch(text):
        yield from text
        return
    kinds = [_kind(char) for char in text]
    start = 0
    for index in range(1, len(text)):
        if _is_break(kinds, start, index):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _kind(char: str) -> _Kind:
    code = ord(char)
    known = _KINDS.get(code)
    if known:
        return known
    if 0xAC00 <= code <= 0xD7A3:
        return _Kind.HANGUL_LVT if (code - 0xAC00) % 28 else _Kind.HANGUL_LV
    return _CATEGORIES.get(unicodedata.category(char), _Kind.OTHER)


def _is_break(kinds: list[_Kind], start: int, index: int) -> bool:
    before, after = kinds[index - 1], kinds[index]
    if _Kind.CONTROL in {before, after}:
        return True
    if after in {_Kind.EXTEND, _Kind.JOINER} or before is _Kind.PREPEND:
        return False
    joined = {
        _Kind.TONE: _is_person(kinds[start:index]),
        _Kind.JOINABLE: before is _Kind.JOINER,
        _Kind.JOINABLE_BASE: before is _Kind.JOINER,
        # Two letters make one flag: the third begins the next.
        _Kind.FLAG: before is _Kind.FLAG and index - start == 1,
    }
    return not joined.get(after, after in _HANGUL_FOLLOWED_BY.get(before, ()))


def _is_person(kinds: list[_Kind]) -> bool:
    bare = [kind for kind in kinds if kind is not _Kind.EXTEND]
    return bool(bare) and bare[-1] in {_Kind.BASE, _Kind.JOINABLE_BASE}
