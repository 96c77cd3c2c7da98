"""One row of a registration file, read into a registrant and what is wrong with its cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from notify.domain.race import Race
from notify.domain.registrant import PaymentAttempt, Registrant
from notify.intake.cells import MAX_CELL, clean
from notify.intake.columns import Columns
from notify.intake.dates import read_moment
from notify.intake.emails import read_email
from notify.intake.faults import REFUSALS, CellFault, Fault, Reason
from notify.intake.mapping_file import FileMapping
from notify.intake.phones import read_phone
from notify.intake.values import BLANKS
from notify.intake.words import Words

_SCIENTIFIC_ID = re.compile(r"\d[.,]\d+E\+\d+")
_TOKEN_BREAK = re.compile(r"[;|,\s]+")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ATTEMPT_BREAK = re.compile(r"\s*[;；]\s*")
_SHOWN = 120

Value = TypeVar("Value")


@dataclass(slots=True)
class Row:
    """What one row says; ``course``, ``status`` and ``payments`` are in the file's own words."""

    number: int
    registrant: Registrant | None = None
    faults: list[Fault] = field(default_factory=list)
    course: str = ""
    status: str = ""
    payments: tuple[str, ...] = ()

    @property
    def refused(self) -> Fault | None:
        """Why the row is refused, if it is."""
        return next((fault for fault in self.faults if fault.reason in REFUSALS), None)


class RowReader:
    """Reads the rows of one file; remembers the registration ids it has seen.

    ``shown_twice`` counts the times that the clocks showed twice, of which the first was taken.
    """

    def __init__(self, race: Race, columns: Columns, mapping: FileMapping) -> None:
        self._columns = columns
        self._words = Words(race, mapping)
        self._default_region = race.default_region
        self._zone = race.zone
        self._dates = mapping.dates
        self._seen: set[str] = set()
        self.shown_twice = 0

    def read(self, number: int, cells: Sequence[str]) -> Row:
        """Return what the row says, with its registrant unless it is refused."""
        row = Row(number)
        taken = _Cells(row, self._columns, cells)
        identity = self._identity(taken)
        course = self._course(taken)
        if row.refused or identity is None or course is None:
            return row
        row.registrant = self._registrant(taken, identity, course)
        return row

    def _identity(self, cells: _Cells) -> str | None:
        identity = cells.text("registration_id") or ""
        reason = None
        if not identity:
            reason = Reason.ID_MISSING
        elif _SCIENTIFIC_ID.fullmatch(identity):
            reason = Reason.ID_SCIENTIFIC
        elif identity in self._seen:
            reason = Reason.ID_DUPLICATE
        if reason:
            cells.fault("registration_id", reason, identity)
            return None
        self._seen.add(identity)
        return identity

    def _course(self, cells: _Cells) -> str | None:
        # One reason is enough to refuse a row; the counts of reasons add up to the rows refused.
        if cells.row.refused:
            return None
        cells.row.course = cells.text("course") or ""
        course = self._words.course(cells.row.course)
        if course is None:
            cells.fault("course", Reason.COURSE_UNKNOWN, cells.row.course)
        return course

    def _registrant(self, cells: _Cells, identity: str, course: str) -> Registrant:
        words = self._words
        country = cells.word("country", words.country)
        region = country or self._default_region
        cells.row.status = cells.text("status") or ""
        return Registrant(
            registration_id=identity,
            course=course,
            bib=cells.text("bib"),
            first_name=cells.text("full_name") or cells.text("first_name"),
            last_name=cells.text("last_name"),
            email=cells.word("email", read_email),
            phone=cells.word("phone", lambda text: read_phone(text, region)),
            country=country,
            wave=cells.word("wave", words.wave),
            language=cells.word("language", words.language),
            status=cells.value("status", words.status),
            finished_at=cells.value("finished_at", self._moment),
            push_tokens=_tokens(cells),
            payments=self._payments(cells),
        )

    def _moment(self, text: str) -> datetime:
        moment = read_moment(text, self._zone, self._dates)
        self.shown_twice += moment.twice
        return moment.at

    def _payments(self, cells: _Cells) -> tuple[PaymentAttempt, ...]:
        results, times = (_attempts(cells, name) for name in ("payment", "paid_at"))
        cells.row.payments = tuple(result for result in results or () if result)
        # Without a time an attempt is in no window, so a file without both columns has none.
        if results is None or times is None or not (results or times):
            return ()
        if len(results) != len(times):
            short = "payment" if len(results) < len(times) else "paid_at"
            cells.fault(short, Reason.PAYMENT_INCOMPLETE, cells.text(short) or "")
            return ()
        found = {}
        for result, moment in zip(results, times, strict=True):
            meaning = cells.caught("payment", result, self._words.payment)
            at = cells.caught("paid_at", moment, self._moment)
            if meaning and at:
                found[at] = PaymentAttempt(at, meaning)
        return tuple(found.values())


class _Cells:
    """The cells of one row by our field names; what is wrong with them goes to the row's faults."""

    def __init__(self, row: Row, columns: Columns, cells: Sequence[str]) -> None:
        self.row = row
        self._columns = columns
        self._texts: dict[str, str] = {}
        beyond = next((cell for cell in cells[len(columns.headers) :] if cell.strip()), None)
        if beyond is not None:
            row.faults.append(Fault(row.number, "", Reason.TOO_MANY_CELLS, beyond[:_SHOWN]))
            return
        for name, at in columns.at.items():
            # Many programs leave empty cells away at the end of a row.
            self._texts[name] = self._clean(name, cells[at] if at < len(cells) else "")

    def _clean(self, name: str, raw: str) -> str:
        text, removed = clean(raw)
        if len(text) > MAX_CELL:
            self.fault(name, Reason.CELL_TOO_LONG, text)
        elif removed:
            self.fault(name, Reason.CONTROL_CHARACTERS, text)
        return text

    def fault(self, name: str, reason: Reason, value: str) -> None:
        """Note that something is wrong with the cell of field ``name``."""
        fault = Fault(self.row.number, self._columns.header(name), reason, value[:_SHOWN])
        self.row.faults.append(fault)

    def text(self, name: str) -> str | None:
        """Return the cell's text; ``None`` when the file has no such column."""
        return self._texts.get(name)

    def value(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """Return the cell as ``read`` takes it; ``None`` if there is none or it is unreadable."""
        text = self._texts.get(name, "")
        return None if text.lower() in BLANKS else self.caught(name, text, read)

    def word(self, name: str, read: Callable[[str], str]) -> str | None:
        """Return the same, but an empty text for a cell left empty."""
        text = self._texts.get(name)
        return "" if text is not None and text.lower() in BLANKS else self.value(name, read)

    def caught(self, name: str, text: str, read: Callable[[str], Value]) -> Value | None:
        """Return ``text`` as ``read`` takes it; a fault becomes a flag and ``None``."""
        try:
            return read(text)
        except CellFault as fault:
            self.fault(name, fault.reason, text)
            return None


def _attempts(cells: _Cells, name: str) -> list[str] | None:
    text = cells.text(name)
    if text is None:
        return None
    return [] if text.lower() in BLANKS else _ATTEMPT_BREAK.split(text)


def _tokens(cells: _Cells) -> tuple[str, ...] | None:
    text = cells.text("push_tokens")
    if text is None:
        return None
    if text.lower() in BLANKS:
        return ()
    tokens = [token for token in _TOKEN_BREAK.split(text) if token]
    readable = tuple(dict.fromkeys(filter(_TOKEN.fullmatch, tokens)))
    if len(readable) < len(set(tokens)):
        cells.fault("push_tokens", Reason.PUSH_TOKEN_INVALID, text)
    # Tokens nobody can read must not take away those the person has.
    return readable or None
