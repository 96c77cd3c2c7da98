"""What good wording never does: invite opt-out words, call itself no drill, lose the link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from notify.domain.sms import count_parts

OPT_OUT_WORDS = (
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "start",
    "yes",
    "unstop",
    "td",
    "退订",
)
"""Sent back by a runner, each of these changes whether our next message arrives."""

_WORDS = "|".join(word.replace(" ", r"[\s-]?") for word in OPT_OUT_WORDS)
_INVITES = re.compile(
    r"\brepl(?:y|ies|ying)\b|\btext(?:ing)? back\b|回复|回覆"
    rf"|\b(?:text|send|answer|type|respond with)\s+(?:the word\s+)?[\"'“‘]?(?:{_WORDS})\b"
    rf"|(?<!出)(?:发送?|输入)[“「\"']?(?:{_WORDS}|[TN]D?\b)",
    re.IGNORECASE,
)
_NOT_A_DRILL = re.compile(
    r"\b(?:not|no|isn[’']t)\b[^.\n]{0,12}\b(?:drill|exercise|test)\b"
    r"|(?:不是|并非|绝非|非)[^。\n]{0,4}(?:演习|演练|测试)",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S+")

MAX_PARTS = {"GSM-7": 2, "UCS-2": 3}
"""Longer SMS cost more and arrive in pieces, out of order, on old phones."""

_LONGEST = {"push_title": 65, "push_body": 240, "email_subject": 110, "banner": 200}


def lint(surfaces: Mapping[str, str]) -> list[str]:
    """Return what is wrong with rendered texts, given by name (``sms``, ``push_title``, …)."""
    return [f"{name}: {said}" for name, text in surfaces.items() for said in _lint(str(name), text)]


def _lint(name: str, text: str) -> Iterator[str]:
    invited = _INVITES.search(text)
    if invited:
        yield (
            f"invites a reply ({invited[0]!r}): one opt-out word, and later messages never arrive;"
            " point to the page or the phone number instead"
        )
    drill = _NOT_A_DRILL.search(text)
    if drill:
        yield f"says {drill[0]!r}: a drill that once said so makes every later alert doubtful"
    if name == "sms":
        yield from _lint_sms(text)
    if len(text) > _LONGEST.get(name, len(text)):
        yield f"has {len(text)} characters; phones and lists show {_LONGEST[name]}"


def _lint_sms(text: str) -> Iterator[str]:
    if not _LINK.search(text):
        yield "has no link; add the incident's page"
    parts = count_parts(text)
    if parts.segments > MAX_PARTS[parts.encoding]:
        because = f" because of {' '.join(parts.offending[:5])}" if parts.offending else ""
        yield (
            f"takes {parts.segments} parts in {parts.encoding}{because};"
            f" keep it to {MAX_PARTS[parts.encoding]}"
        )
