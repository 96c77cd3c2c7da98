"""What somebody who answers an SMS wants: to be left alone, or to be written to again."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Wish(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"


STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "退订"}
)
"""Twilio's default opt-out words, and the Chinese one."""

START_WORDS = frozenset({"start", "yes", "unstop"})
"""Twilio's default opt-in words."""


def wish(text: str) -> Wish | None:
    """Return what a reply that is one of the known words asks for, ``None`` for anything else.

    Only the whole reply counts: "please do not cancel" is a question, not an opt-out.
    """
    wide = unicodedata.normalize("NFKC", text).casefold()
    word = "".join(char for char in wide if char.isalnum())
    if word in STOP_WORDS:
        return Wish.STOP
    return Wish.START if word in START_WORDS else None
