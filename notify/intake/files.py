"""Opening what an operator named, and saying in one line why that is not possible."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where (``line 3``, ``row 7, column “Bib”``) and what to do."""

    file: Path
    message: str
    place: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.file), self.place, self.message)))


class FileRefused(Exception):
    """A file that cannot be used as it is; nothing was taken from it. ``problems`` says why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def open_file(path: Path) -> BinaryIO:
    """Open the regular file at ``path`` for reading.

    Raises ``FileRefused`` when there is none, or it may not be read.
    """
    try:
        # A pipe without a writer would block `open` for ever, and cannot be read twice.
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise FileRefused(Problem(path, "is a directory; name the file in it"))
        if not stat.S_ISREG(kind):
            raise FileRefused(Problem(path, "is not a regular file; save it to disk first"))
        return path.open("rb")
    except FileNotFoundError:
        raise FileRefused(Problem(path, "no such file; check the name")) from None
    except PermissionError:
        problem = Problem(path, "may not be read by this user; change its permissions")
        raise FileRefused(problem) from None
    except (OSError, ValueError) as error:
        reason = os.strerror(getattr(error, "errno", 0) or 0) if isinstance(error, OSError) else ""
        raise FileRefused(Problem(path, f"cannot be opened ({reason or error})")) from None
