"""The race that is measured: one of a registration office scaled to any size, or a made-up one."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import phonenumbers

from notify.simulator.sample import write_race, write_registrants

LAKESHORE = "lakeshore-marathon"
RACE_IN = timedelta(days=1)

_STARTS_AT = re.compile(r"^starts_at:.*$", re.MULTILINE)
_ID, _MAIL, _PHONE, _COUNTRY, _TOKEN = (
    *("Registration ID", "E-mail", "Cell Phone", "Country"),
    "Push Token",
)


@dataclass(frozen=True, slots=True)
class RaceFiles:
    """A race file and its registrants; ``name`` is what the report calls it."""

    name: str
    race: Path
    registrants: Path


@dataclass(frozen=True, slots=True)
class RaceSize:
    """How many people; ``data`` is the folder where ``lakeshore-marathon.csv`` may lie."""

    people: int
    seed: int
    data: Path | None = None


def write_files(size: RaceSize, home: Path, *, now: datetime) -> RaceFiles:
    """Write the files of a race of ``size`` that starts a day from ``now``."""
    race, registrants = home / "race.yaml", home / "registrants.csv"
    starts_at = (now + RACE_IN).replace(hour=7, minute=30, second=0, microsecond=0, tzinfo=None)
    if size.data and (size.data / f"{LAKESHORE}.csv").is_file():
        document = (size.data / f"{LAKESHORE}.yaml").read_text(encoding="utf-8")
        stamp = starts_at.strftime("%Y-%m-%dT%H:%M")
        race.write_text(_STARTS_AT.sub(f"starts_at: {stamp}", document), encoding="utf-8")
        _scale(size.data / f"{LAKESHORE}.csv", registrants, size.people)
        return RaceFiles(LAKESHORE, race, registrants)
    write_race(race, race_id="riverside", starts_at=starts_at)
    write_registrants(
        registrants, count=size.people, paid_until=now.replace(tzinfo=None), seed=size.seed
    )
    return RaceFiles("riverside (made up)", race, registrants)


def _scale(source: Path, target: Path, people: int) -> None:
    """Write ``people`` rows: the office's own, then the same again under other ids and addresses.

    What is missing or unreadable in a row stays so in its copies.
    """
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = _numbers()
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        for place in range(people):
            turn, index = divmod(place, len(rows))
            writer.writerow(_copy(rows[index], turn, numbers) if turn else rows[index])


def _copy(row: dict[str, str], turn: int, numbers: Iterator[str]) -> dict[str, str]:
    changed = {_ID: f"{row[_ID]}-{turn}"}
    if "@" in row[_MAIL]:
        changed[_MAIL] = row[_MAIL].replace("@", f"-{turn}@", 1)
    if sum(map(str.isdigit, row[_PHONE])) >= 10 and "E+" not in row[_PHONE].upper():
        changed |= {_PHONE: next(numbers), _COUNTRY: "US"}
    if row[_TOKEN]:
        changed[_TOKEN] = f"{row[_TOKEN]}-{turn}"
    return row | changed


def _numbers() -> Iterator[str]:
    """Yield example numbers: 555-0100 to 555-0199 of every area code, from the last one down.

    Round again when all are used up; people then share phones, as families do.
    """
    return itertools.cycle(
        f"+1 {code} 555 01{last:02d}" for last in range(99, -1, -1) for code in _area_codes()
    )


@cache
def _area_codes() -> tuple[int, ...]:
    return tuple(
        code
        for code in range(989, 200, -1)
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+1{code}5550100"))
    )
