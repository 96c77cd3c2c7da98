"""Dates with a time of day as registration systems export them, turned into UTC."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from notify.domain.race import WallClockError, to_utc
from notify.intake.faults import CellFault, Reason

_YEARS = range(2000, 2101)
_ISO_LIKE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\S.*)")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}),?[ T]+(\S.*)")
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)? ?(am|pm|[+-]\d{2}:?\d{2}|z)?", re.IGNORECASE
)


class DateOrder(StrEnum):
    """What comes first in a date that ends with its year: nothing in ``04/05/2026`` tells."""

    MONTH_FIRST = "mdy"
    DAY_FIRST = "dmy"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in UTC; ``twice`` if the clocks showed its time a second time an hour later."""

    at: datetime
    twice: bool = False


def read_moment(text: str, zone: ZoneInfo, order: DateOrder | None = None) -> Moment:
    """Return the moment of a date with a time of day on the clocks of ``zone``.

    An offset in the text wins over ``zone``. Of a time that the clocks show twice the first is
    taken, and said. Raises ``CellFault`` for anything else: a date alone would be up to a day
    wrong, a year at the end needs ``order``, a time that the clocks skip never was.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    try:
        wall = _wall(plain, order)
    except ValueError:
        raise CellFault(Reason.TIME_INVALID) from None
    if wall.year not in _YEARS:
        raise CellFault(Reason.TIME_INVALID)
    try:
        return Moment(to_utc(wall, zone))
    except WallClockError:
        first = wall.replace(tzinfo=zone).astimezone(UTC)
        if first.astimezone(zone).replace(tzinfo=None) == wall:
            return Moment(first, twice=True)
        raise CellFault(Reason.TIME_NOT_ON_CLOCK) from None


def _wall(text: str, order: DateOrder | None) -> datetime:
    match = _ISO_LIKE.fullmatch(text)
    if match:
        year, month, day, clock = match.groups()
    else:
        match = _YEAR_LAST.fullmatch(text)
        if not match or order is None:
            raise ValueError("no order for the date")
        first, second, year, clock = match.groups()
        month, day = (first, second) if order is DateOrder.MONTH_FIRST else (second, first)
    time = _TIME.fullmatch(clock.strip())
    if not time:
        raise ValueError("no time of day")
    hour, minute, seconds, mark = time.groups()
    hours = _hours(int(hour), (mark or "").lower())
    offset = "" if (mark or "").lower() in {"", "am", "pm"} else mark.upper()
    stamp = f"{year}-{month:0>2}-{day:0>2}T{hours:02}:{minute}:{seconds or '00'}{offset}"
    return datetime.fromisoformat(stamp)


def _hours(hours: int, half: str) -> int:
    if half not in {"am", "pm"}:
        return hours
    if not 1 <= hours <= 12:
        raise ValueError("not an hour of a twelve-hour clock")
    return hours % 12 + (12 if half == "pm" else 0)
