"""A registration file: opened once, then read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType

from notify.domain.race import Race
from notify.intake.columns import match_columns, recognised
from notify.intake.dialect import detect_encoding
from notify.intake.files import FileRefused, Problem, open_file
from notify.intake.mapping_file import FileMapping
from notify.intake.records import Records
from notify.intake.rows import Row, RowReader

MAX_ROWS = 1_000_000

_DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ADDRESSES = ("phone", "email", "push_tokens")


class RegistrationFile:
    """The registrants of ``race`` in the file at ``path``; close it, or use it in a ``with``.

    Opening finds encoding, delimiter and columns. Raises ``FileRefused`` when the file cannot be
    used: here, and while rows are read, for a row no reader could make sense of.
    """

    def __init__(self, path: Path, race: Race, mapping: FileMapping | None = None) -> None:
        mapping = mapping or FileMapping()
        self._path = path
        self._file = open_file(path)
        try:
            encoding = mapping.encoding or detect_encoding(path, self._file)
            self._records = Records(path, self._file, encoding)
            header, self._rest = self._records.header(
                mapping.delimiter, partial(recognised, mapped=mapping.columns)
            )
            self._columns = match_columns(path, self._records.row, header, mapping.columns)
        except FileRefused:
            self._file.close()
            raise
        self._reader = RowReader(race, self._columns, mapping)

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read so far."""
        return self._records.bytes_read

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was read, and what in it was not; complete when all rows are read."""
        records, columns = self._records, self._columns
        between = _DELIMITER_NAMES.get(records.delimiter, repr(records.delimiter))
        encoding = records.encoding.removesuffix("-sig").upper()
        notes = [f"read as {encoding}, cells between {between}"]
        if columns.ignored:
            notes.append(f"columns not read: {', '.join(columns.ignored)}")
        missing = [name for name in _ADDRESSES if name not in columns.at]
        if missing:
            notes.append(f"no column for: {', '.join(missing)}")
        if "payment" in columns.at and "paid_at" not in columns.at:
            notes.append("no column for paid_at: payment attempts are counted, not kept")
        if self._reader.shown_twice:
            notes.append(
                f"{self._reader.shown_twice} times are of the hour that clocks showed twice: the "
                "first was taken; where it matters, write the offset (2026-11-01 01:30-06:00)"
            )
        return tuple(notes)

    def rows(self) -> Iterator[Row]:
        """Yield every row that has a cell with anything in it, in the file's order."""
        read = 0
        for number, cells in self._rest:
            if not any(cell.strip() for cell in cells):
                continue
            read += 1
            if read > MAX_ROWS:
                message = "is past the first million registrants; split the file"
                raise FileRefused(Problem(self._path, message, f"row {number}"))
            yield self._reader.read(number, cells)
        if not read:
            message = "has a header and no registrants below it; export it again"
            raise FileRefused(Problem(self._path, message))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> RegistrationFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
