"""Words that exist in several languages, and how one of them is chosen."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh-CN")
"""The languages every shipped notice exists in (BCP 47 tags)."""

Text = Mapping[str, str]
"""One wording per language tag, e.g. ``{"en": "Marathon", "zh-CN": "马拉松"}``."""


def pick(text: Text, language: str, fallback: str) -> str:
    """Return ``text`` in ``language``, else in ``fallback``, else in whatever language it has."""
    for tag in (language, fallback, language.split("-", maxsplit=1)[0]):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), "")
