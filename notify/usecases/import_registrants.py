"""Import: a registration file's people into a race, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from notify.domain.registrant import Changes
from notify.intake.faults import Fault
from notify.intake.mapping_file import FileMapping, read_mapping_file
from notify.intake.reader import RegistrationFile
from notify.intake.rows import Row
from notify.ports import TimeSource
from notify.store.engine import Database
from notify.store.registrants import Staging, staging
from notify.usecases.compose import read_race

_BATCH = 1000
MAX_ERRORS = 50_000
"""Errors listed one by one; beyond them, only the counts are exact."""


@dataclass(frozen=True, slots=True)
class ImportRegistrants:
    """Which file goes into which race.

    ``dry_run`` changes nothing; ``skip_refused`` imports the rest when rows are refused.
    """

    file: Path
    race_id: str
    mapping: Path | None = None
    dry_run: bool = False
    skip_refused: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was in the file, what became of it, and what it changes.

    ``courses``, ``statuses`` and ``payments`` count accepted rows by the file's own words.
    ``imported`` is whether anything was written; otherwise ``changes`` is what would be.
    """

    imported: bool
    rows: int
    accepted: int
    refused: Mapping[str, int]
    cells_flagged: Mapping[str, int]
    distinct_phones: int
    distinct_emails: int
    push_tokens: int
    courses: Mapping[str, int]
    statuses: Mapping[str, int]
    payments: Mapping[str, int]
    errors: tuple[Fault, ...]
    changes: Changes
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    courses: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    payments: Counter[str] = field(default_factory=Counter)
    errors: list[Fault] = field(default_factory=list)

    def count(self, row: Row) -> None:
        self.rows += 1
        refused = row.refused
        faults = [refused] if refused else row.faults
        self.errors += faults[: MAX_ERRORS - len(self.errors)]
        if refused:
            self.refused[refused.reason.value] += 1
            return
        self.accepted += 1
        self.flagged.update(fault.reason.value for fault in faults)
        self.courses[row.course] += 1
        self.statuses.update(filter(None, [row.status]))
        self.payments.update(row.payments)

    @property
    def notes(self) -> tuple[str, ...]:
        left = self.refused.total() + self.flagged.total() - len(self.errors)
        return (f"{left} more errors are counted and not listed",) if left else ()


def import_registrants(
    command: ImportRegistrants,
    *,
    database: Database,
    now: TimeSource,
    progress: Callable[[int], None] = lambda _bytes_read: None,
) -> ImportReport:
    """Bring the file's registrants into the race; rows that are refused keep all others out.

    People are matched by registration id: new ones are added, known ones changed where the file
    says something else, nobody is removed. ``progress`` is told the bytes read so far. Raises
    ``Unknown`` for the race and ``FileRefused`` for a file that cannot be read.
    """
    with database.read() as connection:
        race = read_race(connection, command.race_id)
    mapping = read_mapping_file(command.mapping, race) if command.mapping else FileMapping()
    tally = _Tally()
    with RegistrationFile(command.file, race, mapping) as file, staging(database) as waiting:
        for batch in _batches(file.rows()):
            _stage(waiting, batch, tally)
            progress(file.bytes_read)
        keep = not command.dry_run and (command.skip_refused or not tally.refused)
        changes = waiting.settle(race.id, at=now(), keep=keep)
        phones, emails, tokens = waiting.distinct_addresses()
        notes = file.notes
    return ImportReport(
        imported=keep,
        rows=tally.rows,
        accepted=tally.accepted,
        refused=tally.refused,
        cells_flagged=tally.flagged,
        distinct_phones=phones,
        distinct_emails=emails,
        push_tokens=tokens,
        courses=tally.courses,
        statuses=tally.statuses,
        payments=tally.payments,
        errors=tuple(tally.errors),
        changes=changes,
        notes=(*notes, *tally.notes),
    )


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _stage(waiting: Staging, batch: list[Row], tally: _Tally) -> None:
    for row in batch:
        tally.count(row)
    waiting.add([row.registrant for row in batch if row.registrant])
