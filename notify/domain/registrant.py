"""A registrant as one row of a registration file tells it, and what a file changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PaymentAttempt:
    """One attempt to pay: when (aware UTC) and how it ended (a ``PaymentResult``)."""

    attempted_at: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Registrant:
    """One person as a file tells it.

    ``None`` means that the file does not say (no such column, or a cell nobody can read): a person
    already known keeps what they had. An empty text means that the file says there is none.
    ``phone`` is E.164. Payment attempts are added to those known, push tokens replace them.
    """

    registration_id: str
    course: str
    bib: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    wave: str | None = None
    language: str | None = None
    status: str | None = None
    finished_at: datetime | None = None
    push_tokens: tuple[str, ...] | None = None
    payments: tuple[PaymentAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One value of one registrant before and after an import, for a person to look at."""

    registration_id: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import does to a race: people counted, changed values counted by column.

    ``absent`` counts the registrants of the race that the file does not have; they stay.
    """

    added: int
    updated: int
    unchanged: int
    absent: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Change, ...] = ()
