"""Why a use case refuses; the text says what is wrong and what to do, and is fit to be shown."""

from __future__ import annotations

from collections.abc import Sequence

from notify.domain.facts import FactsRefused

__all__ = [
    "AlreadyActive",
    "BadInput",
    "Changed",
    "FactsRefused",
    "NobodyAffected",
    "NotAllowed",
    "NotPublished",
    "Refused",
    "RequestReused",
    "Unknown",
]


class Refused(Exception):
    """Something asked for was not done, and nothing else was either."""


class Unknown(Refused):
    """No such race, playbook, incident or notice."""

    def __init__(self, noun: str, name: str, known: Sequence[str] = ()) -> None:
        there = f"; there is {', '.join(known)}" if known else ""
        super().__init__(f"no {noun} called {name!r}{there}")


class BadInput(Refused):
    """Something given cannot be used as it is; the text says how it must be."""


class NobodyAffected(Refused):
    """The audience is empty, or no channel is on: a notice to nobody is a mistake."""


class Changed(Refused):
    """Facts, wording or audience are not those of the preview: look again, then confirm."""


class AlreadyActive(Refused):
    """The playbook is already running on this race: update that incident instead."""

    def __init__(self, incident: str) -> None:
        super().__init__(
            f"incident {incident} of this playbook is already active on this race; update it"
        )
        self.incident = incident


class NotAllowed(Refused):
    """The incident is not in a state where this can be done."""


class RequestReused(Refused):
    """The request id belongs to another notice; what is asked for now was not sent."""

    def __init__(self, incident: str) -> None:
        super().__init__(
            f"this request id has already sent another notice (incident {incident}); nothing was "
            "sent now: use a new id for a new intention"
        )


class NotPublished(Refused):
    """A surface does not show the revision yet, so no message may leave."""
