"""Finding out how a text file was written: its encoding and its delimiter."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from notify.intake.files import FileRefused, Problem

_CHUNK = 1 << 16
_SAMPLE_CHUNKS = 64
# Bytes of Chinese text in GB18030 are rarely UTF-8 by chance, and hardly ever four times in a row.
_ENOUGH_LETTERS = 4
_DELIMITERS = (",", ";", "\t")

_MAGIC = {
    b"PK\x03\x04": "a spreadsheet or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
    b"SQLite format 3": "a database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PAIR = re.compile(rb"[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]|[\x81-\xfe]([\x40-\xfe])")


def detect_encoding(path: Path, file: BinaryIO) -> str:
    """Return the Python codec for ``file``: UTF-8, UTF-16 or GB18030; ``file`` is read through.

    Raises ``FileRefused`` for an empty file, one that is no text, and one in another encoding.
    """
    head = _rewound(file).read(_CHUNK)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\r\n\0\t ,;"):
        raise FileRefused(Problem(path, "is empty; export the registrants with a header row"))
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise FileRefused(Problem(path, f"is {what}; save it as CSV (UTF-8) first"))
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRefused(Problem(path, "is UTF-32; save it as CSV (UTF-8) first"))
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return encoding
    return _utf16_without_bom(head) or _by_reading(path, file)


def _utf16_without_bom(head: bytes) -> str | None:
    """Return which UTF-16 ``head`` is: half of its ASCII letters' bytes are zero, on one side."""
    zeros, at_odd = head.count(0), head[1::2].count(0)
    if zeros * 20 < len(head):
        return None
    if at_odd >= zeros * 0.95:
        return "utf-16-le"
    return "utf-16-be" if at_odd <= zeros * 0.05 else None


def _by_reading(path: Path, file: BinaryIO) -> str:
    broken = _undecodable(file, "utf-8")
    if broken is None:
        return "utf-8"
    if broken.at_end or broken.letters >= _ENOUGH_LETTERS:
        message = "is UTF-8 up to here and damaged from here on; export the file again"
        raise FileRefused(Problem(path, message, f"line {broken.line}"))
    if _undecodable(file, "gb18030") is None and _looks_chinese(file):
        return "gb18030"
    message = (
        "is neither UTF-8, UTF-16 nor GB18030; save it as CSV (UTF-8), "
        "or name its encoding in a mapping file, e.g. `encoding: cp1252`"
    )
    raise FileRefused(Problem(path, message, f"line {broken.line}"))


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


@dataclass(frozen=True, slots=True)
class _Broken:
    """Where decoding failed, after how many letters past ASCII, and if that was the file's end."""

    line: int
    letters: int
    at_end: bool


def _undecodable(file: BinaryIO, encoding: str) -> _Broken | None:
    """Return where ``file`` stops being ``encoding``; ``None`` if all of it is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, letters = 1, 0
    for chunk in _chunks(file):
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            letters += _letters(before.decode(encoding))
            return _Broken(line + before.count(b"\n"), letters, at_end=not chunk)
        line += chunk.count(b"\n")
        letters += _letters(text)
    return None


def _letters(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the pieces of ``file``, and an empty one at its end."""
    _rewound(file)
    while chunk := file.read(_CHUNK):
        yield chunk
    yield b""


def _looks_chinese(file: BinaryIO) -> bool:
    """Return whether the bytes past ASCII come in Chinese pairs.

    Western text in cp1252 decodes as GB18030 too: “Müller” becomes “M黮ler”. There, the byte after
    a letter with an accent is mostly ASCII, which in Chinese text is rare.
    """
    pairs = ascii_second = 0
    for chunk in islice(_chunks(file), _SAMPLE_CHUNKS):
        for match in _PAIR.finditer(chunk):
            pairs += 1
            ascii_second += match[1] is not None and match[1] < b"\x80"
    return ascii_second * 2 <= pairs


def sniff_delimiter(line: str, recognised: Callable[[list[str]], int]) -> str:
    """Return the delimiter under which most headers of ``line`` are known, else are most."""

    def score(delimiter: str) -> tuple[int, int]:
        headers = next(csv.reader([line], delimiter=delimiter), [])
        return recognised(headers), len(headers)

    return max(_DELIMITERS, key=score)
