"""Why a row is refused or a cell is flagged: the words of the import report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """What is wrong with a row or a cell; ``docs/import.md`` says what to do about each."""

    ID_MISSING = "registration_id_missing"
    ID_SCIENTIFIC = "registration_id_scientific_notation"
    ID_DUPLICATE = "registration_id_duplicate"
    COURSE_UNKNOWN = "course_unknown"
    TOO_MANY_CELLS = "too_many_cells"
    CELL_TOO_LONG = "cell_too_long"

    PHONE_INVALID = "phone_invalid"
    PHONE_SCIENTIFIC = "phone_scientific_notation"
    EMAIL_INVALID = "email_invalid"
    PUSH_TOKEN_INVALID = "push_token_invalid"  # noqa: S105 (a reason, not a secret)
    COUNTRY_UNKNOWN = "country_unknown"
    WAVE_UNKNOWN = "wave_unknown"
    LANGUAGE_UNKNOWN = "language_unknown"
    STATUS_UNKNOWN = "status_unknown"
    PAYMENT_UNKNOWN = "payment_unknown"
    PAYMENT_INCOMPLETE = "payment_incomplete"
    TIME_INVALID = "time_invalid"
    TIME_NOT_ON_CLOCK = "time_not_on_clock"
    CONTROL_CHARACTERS = "control_characters"


REFUSALS = frozenset(
    {
        Reason.ID_MISSING,
        Reason.ID_SCIENTIFIC,
        Reason.ID_DUPLICATE,
        Reason.COURSE_UNKNOWN,
        Reason.TOO_MANY_CELLS,
        Reason.CELL_TOO_LONG,
    }
)
"""What costs the whole row; every other reason flags one cell and keeps the person."""


class CellFault(ValueError):
    """A cell that cannot be read; never carries the cell itself, which may be personal data."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in the file.

    ``row`` counts as a spreadsheet does (the header is row 1), ``column`` is the file's own header,
    ``value`` the cell as it was read, for the operator's eyes only.
    """

    row: int
    column: str
    reason: Reason
    value: str
