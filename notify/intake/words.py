"""What the words of a registration file mean for one race."""

from __future__ import annotations

import re
from collections.abc import Mapping

from notify.domain.race import Race
from notify.intake.faults import CellFault, Reason
from notify.intake.mapping_file import FileMapping
from notify.intake.values import (
    LANGUAGES,
    PAYMENTS,
    STATUSES,
    WAVE_WORDS,
    countries,
    fold,
    recognise,
)

_STATUSES = recognise(STATUSES)
_PAYMENTS = recognise(PAYMENTS)
_LANGUAGES = recognise(LANGUAGES)
_WAVE_WORDS = "|".join(sorted(map(fold, WAVE_WORDS), key=len, reverse=True))
_AROUND_WAVE = re.compile(rf"^({_WAVE_WORDS})|({_WAVE_WORDS})$")


class Words:
    """Looks words up: what the mapping says comes first, then the race, then the known tables."""

    def __init__(self, race: Race, mapping: FileMapping) -> None:
        self._courses = _folded(mapping.courses)
        for course in race.courses:
            for label in (course.id, *course.name.values()):
                self._courses.setdefault(fold(label), course.id)
        self._waves = {fold(wave): wave for wave in race.waves}
        self._statuses = _STATUSES | _folded(mapping.statuses)
        self._payments = _PAYMENTS | _folded(mapping.payments)
        self._languages = _LANGUAGES | _folded(mapping.languages)

    def course(self, label: str) -> str | None:
        """Return the id of the course called ``label``, or ``None``."""
        return self._courses.get(fold(label))

    def status(self, label: str) -> str:
        """Return the registration status; raises ``CellFault``."""
        return _meaning(self._statuses, label, Reason.STATUS_UNKNOWN)

    def payment(self, label: str) -> str:
        """Return the result of a payment attempt; raises ``CellFault``."""
        return _meaning(self._payments, label, Reason.PAYMENT_UNKNOWN)

    def language(self, label: str) -> str:
        """Return the language tag; raises ``CellFault``."""
        return _meaning(self._languages, label, Reason.LANGUAGE_UNKNOWN)

    def country(self, label: str) -> str:
        """Return the ISO code of a country named by code or name; raises ``CellFault``."""
        return _meaning(countries(), label, Reason.COUNTRY_UNKNOWN)

    def wave(self, label: str) -> str:
        """Return the race's wave in “A”, “Wave A” or “A区”; raises ``CellFault``.

        A race without waves takes whatever the file says.
        """
        if not self._waves:
            return label
        folded = fold(label)
        bare = folded if folded in self._waves else _AROUND_WAVE.sub("", folded)
        if bare not in self._waves:
            raise CellFault(Reason.WAVE_UNKNOWN)
        return self._waves[bare]


def _folded(labels: Mapping[str, str]) -> dict[str, str]:
    return {fold(label): meaning for label, meaning in labels.items()}


def _meaning(table: Mapping[str, str], label: str, reason: Reason) -> str:
    try:
        return table[fold(label)]
    except KeyError:
        raise CellFault(reason) from None
