"""Export: a race's registrants as CSV that opens safely in a spreadsheet and imports again."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from notify.domain.registrant import Registrant
from notify.intake.cells import escape_formula
from notify.intake.headers import HEADERS
from notify.store.engine import Database
from notify.store.registrants import registrants
from notify.usecases.compose import read_race
from notify.usecases.errors import Refused

_COLUMNS = tuple(field for field in HEADERS if field != "full_name")
_BETWEEN = "; "


class CannotWrite(Refused):
    """The file to write is there already, or its place cannot be written to."""


@dataclass(frozen=True, slots=True)
class ExportRegistrants:
    """Which race goes into which file; ``overwrite`` an existing one or not."""

    race_id: str
    file: Path
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """How many registrants were written."""

    rows: int


def export_registrants(command: ExportRegistrants, *, database: Database) -> Exported:
    """Write the race's registrants, readable by their owner alone; the file appears when complete.

    Raises ``Unknown`` and ``CannotWrite``.
    """
    if command.file.exists() and not command.overwrite:
        raise CannotWrite(f"{command.file} is there already; name another or use --overwrite")
    with database.read() as connection:
        race = read_race(connection, command.race_id)
        try:
            with _appearing(command.file) as file:
                out = csv.writer(file, lineterminator="\r\n")
                out.writerow(HEADERS[column][0] for column in _COLUMNS)
                rows = 0
                for registrant in registrants(connection, race.id):
                    out.writerow(map(escape_formula, _cells(registrant, race.zone)))
                    rows += 1
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise CannotWrite(f"{command.file} cannot be written: {reason}") from None
    return Exported(rows)


@contextmanager
def _appearing(path: Path) -> Iterator[TextIO]:
    """Give a file, private from the start, that takes the name ``path`` once all is written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # With its byte order mark, so that spreadsheets see that it is UTF-8.
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _cells(registrant: Registrant, zone: ZoneInfo) -> list[str]:
    finished = registrant.finished_at
    special = {
        "payment": _BETWEEN.join(attempt.result for attempt in registrant.payments),
        "paid_at": _BETWEEN.join(_wall(at.attempted_at, zone) for at in registrant.payments),
        "push_tokens": _BETWEEN.join(registrant.push_tokens or ()),
        "finished_at": _wall(finished, zone) if finished else "",
    }
    return [
        special[column] if column in special else getattr(registrant, column) or ""
        for column in _COLUMNS
    ]


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds")
