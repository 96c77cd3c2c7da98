"""A playbook: what to ask, whom it affects, which channels, which kinds of notice it can send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from notify.domain.audience import AudienceRule
from notify.domain.delivery import Channel
from notify.domain.incident import Severity
from notify.domain.notice import NoticeKind
from notify.domain.text import Text


class FactType(StrEnum):
    """What the organiser may enter for a fact."""

    CHOICE = "choice"
    TEXT = "text"
    DATETIME = "datetime"
    COURSES = "courses"
    WAVES = "waves"
    SEGMENTS = "segments"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Fact:
    """One question of the form.

    ``options`` belongs to a choice. ``required_when`` names other facts and the values of theirs
    that make this one required; ``optional_in`` names kinds of notice that can do without it (a
    holding notice is sent before anything is decided). ``default`` is what the form starts with,
    ``example`` what it shows as an example (of a time: ``+2h`` after the start of the race).
    """

    id: str
    type: FactType
    label: Text
    help: Text = field(default_factory=dict)
    options: Mapping[str, Text] = field(default_factory=dict)
    required: bool = False
    required_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional_in: frozenset[NoticeKind] = frozenset()
    default: str | None = None
    example: str | None = None
    max_length: int = 200


class WhenUncertain(StrEnum):
    """What to do with a message that may have arrived, when the provider does not know it."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Playbook:
    """One kind of incident.

    ``priority`` orders notices in a lane, 0 the most urgent. ``expires_after`` is how long after
    the trigger a message is still worth sending. ``promise`` names the fact that says when the
    next update will come. ``source_hash`` is the SHA-256 of the YAML text it was read from.
    """

    id: str
    name: Text
    summary: Text
    severity: Severity
    priority: int
    facts: tuple[Fact, ...]
    audience: AudienceRule
    channels: tuple[Channel, ...]
    kinds: tuple[NoticeKind, ...]
    expires_after: timedelta
    source_hash: str
    promise: str | None = None
    when_uncertain: WhenUncertain = WhenUncertain.RESEND

    def fact(self, fact_id: str) -> Fact | None:
        """Return the fact with this id, or ``None``."""
        return next((fact for fact in self.facts if fact.id == fact_id), None)
