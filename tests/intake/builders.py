"""Races and files of a test's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

from notify.domain.race import Contact, Course, Race
from notify.intake.mapping_file import FileMapping
from notify.intake.reader import RegistrationFile
from notify.intake.rows import Row

DATA = Path(__file__).parent.parent / "data"
RACES = {"lakeshore-2026": "lakeshore-marathon", "xihu-2026": "xihu-marathon"}
HEADER = "Registration ID,Course"


def full_width(text: str) -> str:
    """Return ``text`` in the wide forms that a Chinese keyboard may give ASCII."""
    return text.translate({code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)})


def a_race(**changes: Any) -> Race:
    """Return a small race in Chicago."""
    told: dict[str, Any] = {
        "id": "small-2026",
        "name": {"en": "Small Race"},
        "starts_at": datetime(2026, 12, 6, 7, 30),  # noqa: DTZ001 (wall clock)
        "time_zone": "America/Chicago",
        "default_region": "US",
        "default_language": "en",
        "sms_sender_name": "Small",
        "courses": (
            Course("half", 21.1, {"en": "Half Marathon", "zh-CN": "半程马拉松"}),
            Course("10k", 10, {"en": "10K", "zh-CN": "十公里"}),
        ),
        "segments": {},
        "waves": {"A": time(7, 30), "B": time(7, 40)},
        "contact": Contact("help@small.example.com", "+1 312 555 0100"),
    }
    return Race(**{**told, **changes})


def write(
    directory: Path, *lines: str, encoding: str = "utf-8", end: str = "\n", bom: bytes = b""
) -> Path:
    """Write ``lines`` into a file and return its path."""
    path = directory / "registrants.csv"
    path.write_bytes(bom + "".join(line + end for line in lines).encode(encoding))
    return path


def read(path: Path, race: Race | None = None, **mapping: Any) -> list[Row]:
    """Return the rows of the registration file at ``path``."""
    with RegistrationFile(path, race or a_race(), FileMapping(**mapping)) as file:
        return list(file.rows())


def read_one(directory: Path, cells: Mapping[str, str], **mapping: Any) -> Row:
    """Return the one row with ``cells`` (header → cell) and what every row needs."""
    told = {"Registration ID": "R1", "Course": "10K", **cells}
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in told.values()]
    [row] = read(write(directory, ",".join(told), ",".join(quoted)), **mapping)
    return row
