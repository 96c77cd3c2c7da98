"""The frozen wording of one notice: the templates' text and everything they may look at.

Plain values only, so that it can be stored as JSON, hashed for an approval, and rendered by any
worker at any later time to the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from notify.domain.audience import Facts, FactValue
from notify.domain.notice import NoticeKind, canonical_json, sha256_of
from notify.domain.playbook import Playbook
from notify.domain.race import Race


@dataclass(frozen=True, slots=True)
class IncidentContext:
    """What wording may say about the incident.

    ``issued_at`` is when the revision was made (ISO 8601 with an offset); ``decided_at`` when the
    race's director decided, if that was earlier.
    """

    code: str
    page_url: str
    verify_url: str
    revision: int
    issued_at: str
    decided_at: str = ""


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What wording may say about the person it is for; ``course`` is a course id."""

    first_name: str = ""
    last_name: str = ""
    bib: str = ""
    course: str = ""
    wave: str = ""


@dataclass(frozen=True)
class Wording:
    """Everything one notice says, before it is put in a person's language and name.

    ``sources`` holds the text of every template by name, parents included. ``questions`` says of
    each fact its type and the words of its options. ``race`` is what ``race_snapshot`` returns.
    """

    playbook: str
    kind: NoticeKind
    sources: Mapping[str, str]
    facts: Facts
    race: Mapping[str, Any]
    incident: Mapping[str, Any]
    drill: bool
    languages: tuple[str, ...]
    groups: tuple[str, ...]
    questions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """The SHA-256 of everything above: what an approval is bound to."""
        return sha256_of(self._plain())

    def to_json(self) -> str:
        """Return this wording as canonical JSON."""
        return canonical_json(self._plain())

    @classmethod
    def from_json(cls, text: str) -> Wording:
        """Return the wording that ``to_json`` wrote."""
        plain = json.loads(text)
        return cls(
            **{
                **plain,
                "kind": NoticeKind(plain["kind"]),
                "facts": {name: _thaw(value) for name, value in plain["facts"].items()},
                "languages": tuple(plain["languages"]),
                "groups": tuple(plain["groups"]),
            }
        )

    def _plain(self) -> dict[str, Any]:
        plain = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: dict(v) if isinstance(v, Mapping) else v for name, v in plain.items()}


def _thaw(value: str | list[str]) -> FactValue:
    return value if isinstance(value, str) else tuple(value)


def race_snapshot(race: Race) -> dict[str, Any]:
    """Return what wording may say about ``race``, as plain values; texts stay in all languages."""
    return {
        "id": race.id,
        "name": dict(race.name),
        "sms_sender_name": race.sms_sender_name,
        "starts_at": race.starts_at.replace(tzinfo=race.zone).isoformat(timespec="minutes"),
        "time_zone": race.time_zone,
        "default_language": race.default_language,
        "courses": {course.id: dict(course.name) for course in race.courses},
        "segments": {segment: dict(name) for segment, name in race.segments.items()},
        "contact": {"email": race.contact.email, "phone": race.contact.phone},
        "policies": {
            name: {"clause": policy.clause, "text": dict(policy.text)}
            for name, policy in race.policies.items()
        },
    }


def questions_of(playbook: Playbook) -> dict[str, Any]:
    """Return the type of each of the playbook's facts and the words of its options."""
    return {
        fact.id: {
            "type": str(fact.type),
            "options": {option: dict(text) for option, text in fact.options.items()},
        }
        for fact in playbook.facts
    }
