"""An incident: one playbook running on one race, and the moves it may make."""

from __future__ import annotations

from enum import StrEnum

CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0/o, 1/l/i: the code is read out over the phone and typed from an SMS."""

CODE_LENGTH = 7
"""31**7 = 27 thousand million codes: not guessable, and short enough for one SMS part."""


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    ACTIVE = "active"
    RESOLVED = "resolved"
    RETURNED = "returned"
    CANCELLED = "cancelled"


I = IncidentStatus  # noqa: E741 - the table below is read far more often than this line

ALLOWED: dict[IncidentStatus, frozenset[IncidentStatus]] = {
    I.DRAFT: frozenset({I.AWAITING_APPROVAL, I.ACTIVE, I.CANCELLED}),
    I.AWAITING_APPROVAL: frozenset({I.ACTIVE, I.RETURNED, I.CANCELLED}),
    I.RETURNED: frozenset({I.AWAITING_APPROVAL, I.CANCELLED}),
    I.ACTIVE: frozenset({I.RESOLVED}),
    I.RESOLVED: frozenset(),
    I.CANCELLED: frozenset(),
}


class Severity(StrEnum):
    """How loud the banner is; the words of CAP 1.2."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    EXTREME = "extreme"


def code_from(random_bytes: bytes) -> str:
    """Return a public incident code made from at least ``CODE_LENGTH`` random bytes."""
    size = len(CODE_ALPHABET)
    number = int.from_bytes(random_bytes, "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, size)
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)
