"""What the organiser's form holds: the facts as typed, and what travels with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request

from notify.domain.facts import Typed
from notify.domain.notice import NoticeKind
from notify.domain.playbook import FactType, Playbook
from notify.usecases.services import Services

PREFIX = "f-"
"""Facts' names in the form begin with this, so that no fact can be taken for something else."""

SEVERAL = frozenset({FactType.COURSES, FactType.WAVES, FactType.SEGMENTS})

PREVIEW_HOLDS_FOR = timedelta(minutes=30)
"""How old the time on a notice may be when it is confirmed; later it must be looked at again."""

_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_PRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Answers:
    """One state of the form.

    ``request_id`` is issued with the first form and stays through every step. ``seen`` is the
    fingerprint of the review that was looked at, ``seen_people`` the number of people it named,
    ``issued_at`` the time its notice bears.
    """

    typed: Typed
    request_id: str
    kind: NoticeKind
    drill: bool
    seen: str | None = None
    seen_people: int | None = None
    issued_at: datetime | None = None


def first_answers(playbook: Playbook, kind: NoticeKind, services: Services) -> Answers:
    """Return the answers a new form starts with: the playbook's defaults."""
    typed = {fact.id: fact.default for fact in playbook.facts if fact.default}
    return Answers(typed=typed, request_id=fresh_request_id(services), kind=kind, drill=False)


def stored_answers(
    facts: Mapping[str, str | Sequence[str]], kind: NoticeKind, services: Services
) -> Answers:
    """Return the answers of a form that follows an earlier notice: the facts as they stand."""
    return Answers(typed=dict(facts), request_id=fresh_request_id(services), kind=kind, drill=False)


def posted_answers(playbook: Playbook, kinds: Sequence[NoticeKind], services: Services) -> Answers:
    """Return the answers in the form that was sent."""
    form = request.form
    typed: dict[str, str | list[str]] = {}
    for fact in playbook.facts:
        name = PREFIX + fact.id
        typed[fact.id] = form.getlist(name) if fact.type in SEVERAL else form.get(name, "")
    kind = form.get("kind", "")
    people = form.get("seen_people", "")
    return Answers(
        typed=typed,
        request_id=_matching(_REQUEST_ID, "request_id") or fresh_request_id(services),
        kind=NoticeKind(kind) if kind in kinds else kinds[0],
        drill="drill" in form,
        # A confirmation without a print is one of nothing, and never of whatever is there now.
        seen=_matching(_PRINT, "seen") or "nothing",
        seen_people=int(people) if people.isascii() and people.isdigit() else None,
        issued_at=_moment(form.get("issued_at", ""), services.now()),
    )


def hidden_facts(answers: Answers) -> list[tuple[str, str]]:
    """Return the facts as pairs of name and value, for hidden fields."""
    pairs: list[tuple[str, str]] = []
    for fact, value in answers.typed.items():
        values = [value] if isinstance(value, str) else value
        pairs += [(PREFIX + fact, text) for text in values]
    return pairs


def fresh_request_id(services: Services) -> str:
    """Return the id of a new intention."""
    return services.random_bytes(16).hex()


def _matching(pattern: re.Pattern[str], name: str) -> str | None:
    value = request.form.get(name, "")
    return value if pattern.fullmatch(value) else None


def recent(moment: datetime | None, now: datetime) -> datetime | None:
    """Return the time of a preview that still holds: no notice may bear any other time."""
    if moment is None or moment.tzinfo is None:
        return None
    return moment if now - PREVIEW_HOLDS_FOR <= moment <= now else None


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        return recent(datetime.fromisoformat(text), now)
    except ValueError:
        return None
