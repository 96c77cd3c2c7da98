"""A notice: what is sent for one revision, and the hash that an approval is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any


class NoticeKind(StrEnum):
    """Why a notice is sent."""

    HOLDING = "holding"
    ALERT = "alert"
    UPDATE = "update"
    CORRECTION = "correction"
    ALL_CLEAR = "all_clear"
    REMINDER = "reminder"


class Surface(StrEnum):
    """Anything that shows a revision: one Jinja block of a notice's template each."""

    SMS = "sms"
    PUSH_TITLE = "push_title"
    PUSH_BODY = "push_body"
    EMAIL_SUBJECT = "email_subject"
    EMAIL_BODY = "email_body"
    FAQ_QUESTION = "faq_question"
    FAQ_ANSWER = "faq_answer"
    BANNER = "banner"
    PAGE = "page"
    AGENT_SCRIPT = "agent_script"
    PA_SCRIPT = "pa_script"


SENT_SURFACES = (
    Surface.SMS,
    Surface.PUSH_TITLE,
    Surface.PUSH_BODY,
    Surface.EMAIL_SUBJECT,
    Surface.EMAIL_BODY,
)
"""Rendered for each person."""

SHOWN_SURFACES = tuple(surface for surface in Surface if surface not in SENT_SURFACES)
"""Rendered once per language and shown to everybody; they may not use the person's fields."""

FOLLOWING_KINDS = frozenset({NoticeKind.UPDATE, NoticeKind.CORRECTION, NoticeKind.ALL_CLEAR})
"""Kinds that only make sense after an earlier notice of the same incident."""


def canonical_json(value: object) -> str:
    """Return ``value`` as JSON with one spelling: sorted keys, no spaces, text as UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(value: object) -> str:
    """Return the hexadecimal SHA-256 of ``value``'s canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def audience_hash(rows: Iterable[tuple[object, ...]]) -> str:
    """Return the SHA-256 over ``rows`` (registrant, group, language, addresses) in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def fingerprint(facts: Mapping[str, Any], wording: str, audience: str) -> str:
    """Return what an approval is bound to: facts, wording hash and audience hash together."""
    return sha256_of({"facts": dict(facts), "wording": wording, "audience": audience})
