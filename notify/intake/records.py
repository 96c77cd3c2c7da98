"""The records of a delimited text file, one at a time, in bounded memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from notify.intake.dialect import sniff_delimiter
from notify.intake.files import FileRefused, Problem

MAX_RECORD = 1_000_000
"""Characters in one record: past this, a quotation mark is open or the file is no table."""

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')  # the first line Excel reads its delimiter from


class Records:
    """Reads ``(row, cells)``; rows are counted as a spreadsheet does, blank ones included.

    Everything that keeps a record from being read raises ``FileRefused`` naming its row.
    """

    def __init__(self, path: Path, file: BinaryIO, encoding: str) -> None:
        file.seek(0)
        self.row = 0
        self.encoding = encoding
        self.delimiter = ","
        self._path = path
        self._file = file
        self._text = io.TextIOWrapper(file, encoding, newline="")
        self._size = 0

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read."""
        return self._file.tell()

    def header(
        self, delimiter: str | None, recognised: Callable[[list[str]], int]
    ) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
        """Return the cells of the first row that has any, and the records below it.

        Without a ``delimiter``, the one under which most headers are ``recognised`` is taken.
        """
        first = self._line()
        while first and not first.strip():
            self.row += 1
            first = self._line()
        told = _SEPARATOR_LINE.fullmatch(first)
        if told:
            self.row += 1
            first = self._line()
        self.delimiter = delimiter or (told[1] if told else sniff_delimiter(first, recognised))
        records = self._records(first)
        _row, cells = next(records, (self.row, []))
        return cells, records

    def _records(self, first: str) -> Iterator[tuple[int, list[str]]]:
        # strict: an unclosed quotation mark must not swallow the rest of the file in silence.
        reader = csv.reader(self._lines(first), delimiter=self.delimiter, strict=True)
        while True:
            self._size = 0
            try:
                cells = next(reader, None)
            except csv.Error:
                message = (
                    "has a quotation mark out of place; double it inside a cell, "
                    "close it at the cell's end"
                )
                raise self._refused(message) from None
            if cells is None:
                return
            self.row += 1
            yield self.row, cells

    def _lines(self, line: str) -> Iterator[str]:
        while line:
            self._size += len(line)
            if self._size > MAX_RECORD:
                self._too_long()
            yield line
            line = self._line()

    def _line(self) -> str:
        try:
            line = self._text.readline(MAX_RECORD + 1)
        except UnicodeError:
            message = f"is not {self.encoding} text; save the file as CSV (UTF-8)"
            raise self._refused(message) from None
        if len(line) > MAX_RECORD:
            self._too_long()
        return line

    def _too_long(self) -> None:
        message = (
            "is longer than a million characters; close an open quotation mark, "
            "or export one registrant per line"
        )
        raise self._refused(message)

    def _refused(self, message: str) -> FileRefused:
        return FileRefused(Problem(self._path, message, f"row {self.row + 1}"))
