"""Which column of a registration file holds what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notify.intake.cells import clean
from notify.intake.files import FileRefused, Problem
from notify.intake.headers import HEADERS, REQUIRED
from notify.intake.values import fold, recognise

_KNOWN = recognise(HEADERS)
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """Our field → its position and its header in the file, and the headers nobody reads."""

    at: Mapping[str, int]
    headers: tuple[str, ...]
    ignored: tuple[str, ...]

    def header(self, field: str) -> str:
        """Return the file's own header of ``field``."""
        return self.headers[self.at[field]]


def recognised(headers: Sequence[str], mapped: Mapping[str, str]) -> int:
    """Return how many of ``headers`` are known, or named by the operator."""
    folded = {fold(clean(header)[0]) for header in headers}
    return len(folded & (_KNOWN.keys() | {fold(header) for header in mapped.values()}))


def match_columns(path: Path, row: int, cells: list[str], mapped: Mapping[str, str]) -> Columns:
    """Return the columns of the header in ``row``; ``mapped`` says field → header.

    Raises ``FileRefused`` for a header that is there twice, two columns that mean the same, a
    mapped header that is missing, and a required column that is missing.
    """
    headers = tuple(clean(cell)[0] for cell in cells)
    problems = _twice(headers) or _absent(headers, mapped)
    at: dict[str, int] = {}
    if not problems:
        at, problems = _place(headers, mapped)
    problems += [] if problems else _missing(headers, at)
    if problems:
        raise FileRefused(*(Problem(path, problem, f"row {row}") for problem in problems))
    # A full name beside its parts would say everything twice.
    if "first_name" in at or "last_name" in at:
        at.pop("full_name", None)
    used = set(at.values())
    ignored = tuple(name for index, name in enumerate(headers) if name and index not in used)
    return Columns(at, headers, ignored)


def _twice(headers: tuple[str, ...]) -> list[str]:
    folded = [fold(header) for header in headers if header]
    twice = {header for header in headers if header and folded.count(fold(header)) > 1}
    return [
        f"has the column “{header[:_SHOWN]}” more than once; rename or remove one"
        for header in sorted(twice)
    ]


def _absent(headers: tuple[str, ...], mapped: Mapping[str, str]) -> list[str]:
    folded = {fold(header) for header in headers}
    return [
        f"has no column “{header}”, which the mapping names for {field}; {_found(headers)}"
        for field, header in mapped.items()
        if fold(header) not in folded
    ]


def _place(headers: tuple[str, ...], mapped: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    said = {fold(header): field for field, header in mapped.items()}
    at: dict[str, int] = {}
    problems: list[str] = []
    for index, header in enumerate(headers):
        field = said.get(fold(header))
        if field is None:
            field = _KNOWN.get(fold(header))
            field = None if field in mapped else field
        if field is None or not header:
            continue
        if field in at:
            problems.append(
                f"has two columns for {field}, “{headers[at[field]]}” and “{header}”; "
                f"say which in a mapping file: `columns: {{{field}: {header}}}`"
            )
        at.setdefault(field, index)
    return at, problems


def _missing(headers: tuple[str, ...], at: Mapping[str, int]) -> list[str]:
    return [
        f"has no column for {field}; {_found(headers)}; write a mapping file with "
        f'`columns: {{{field}: "their header"}}` and pass it with --mapping'
        for field in REQUIRED
        if field not in at
    ]


def _found(headers: tuple[str, ...]) -> str:
    named = [f"“{header[:_SHOWN]}”" for header in headers if header]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return f"found {', '.join(named[:_SHOWN])}{more}"
