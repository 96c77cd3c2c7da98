"""Facts, times and names in the words of one language, as templates see them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.lists import format_list

from notify.content.wording import PersonFields, Wording
from notify.domain.text import Text, pick

PERSON_FIELDS = ("first_name", "last_name", "name", "bib", "course", "wave")
RACE_FIELDS = ("name", "sender", "starts_at", "time_zone", "contact")
INCIDENT_FIELDS = ("code", "page_url", "verify_url", "revision", "issued_at", "decided_at")

_PATTERNS = {
    "zh": {
        "when": "M月d日（EEE）HH:mm",
        "day": "M月d日（EEE）",
        "clock": "HH:mm",
        "spoken": "M月d日EEEE，H点mm分",
    },
    "": {
        "when": "EEE d MMM, HH:mm",
        "day": "EEE d MMM",
        "clock": "HH:mm",
        "spoken": "EEEE d MMMM 'at' HH:mm",
    },
}

_UNNAMED = {"zh": "跑友", "": "runner"}
_NO_NUMBER = {"zh": "尚未分配", "": "not assigned yet"}

_MAX_VALUE = 80
_NOT_SHOWN = re.compile("[\ue000-\uf8ff\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_CJK = re.compile("[\u3400-\u9fff]")


class Link(str):
    """An address that may stand in the target of a link, where other values may not."""

    __slots__ = ()


def visible(value: str) -> str:
    """Return ``value`` without private-use characters, surrogates and bidi controls."""
    return value if value.isascii() else _NOT_SHOWN.sub("", value)


def tidy(value: str) -> str:
    """Return ``value`` as one line without characters that cannot be seen or that turn the line."""
    if value.isprintable() and "  " not in value:
        return value.strip()[:_MAX_VALUE].rstrip()
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in visible(value))
    return " ".join(spaced.split())[:_MAX_VALUE].rstrip()


class Words:
    """The words of one wording in one language."""

    def __init__(self, wording: Wording, language: str) -> None:
        self.language = language
        self._race = wording.race
        self._fallback = wording.race["default_language"]
        self._zone = ZoneInfo(wording.race["time_zone"])
        self._locale = Locale.parse(language, sep="-")
        self._lang = self._locale.language
        named = {**self._race["segments"], **self._race["courses"]}
        self._names = {name: self._in_language(text) for name, text in named.items()}
        self._person: dict[str, Callable[[PersonFields], str]] = {
            "first_name": lambda person: tidy(person.first_name) or self._pick(_UNNAMED),
            "last_name": lambda person: tidy(person.last_name) or self._pick(_UNNAMED),
            "name": self._name,
            "bib": lambda person: tidy(person.bib) or self._pick(_NO_NUMBER),
            "course": lambda person: tidy(self.name_of(person.course)) or self._text("name"),
            "wave": lambda person: tidy(person.wave) or self._pick(_NO_NUMBER),
        }

    def person(self, field: str, person: PersonFields) -> str:
        """Return one of ``PERSON_FIELDS`` of ``person``; never empty, never more than a line."""
        return self._person[field](person)

    def values(self, wording: Wording) -> dict[str, Any]:
        """Return what a template can see, but for the person and the group."""
        facts = {name: wording.facts.get(name, "") for name in wording.questions}
        types = {name: question["type"] for name, question in wording.questions.items()}
        links = {name: Link(facts[name]) for name in facts if types[name] == "url"}
        incident = {name: str(wording.incident.get(name) or "") for name in INCIDENT_FIELDS}
        urls = {name: Link(incident[name]) for name in ("page_url", "verify_url")}
        return {
            "facts": {**facts, **links},
            "words": {name: self._word(name, wording) for name in facts} | links,
            "race": self._race_values(),
            "policies": {
                name: {"clause": policy["clause"], "text": self._in_language(policy["text"])}
                for name, policy in self._race["policies"].items()
            },
            "incident": {**incident, **urls},
            "language": self.language,
        }

    def when(self, moment: str) -> str:
        """Return a day and time of the race's wall clock, e.g. ``Sun 6 Dec, 07:30``."""
        return self._format(moment, "when")

    def day(self, moment: str) -> str:
        """Return the day of ``moment`` on the race's calendar, e.g. ``Sun 6 Dec``."""
        return self._format(moment, "day")

    def clock(self, moment: str) -> str:
        """Return the time of ``moment`` on the race's wall clock, e.g. ``07:30``."""
        return self._format(moment, "clock")

    def spoken(self, moment: str) -> str:
        """Return ``moment`` as it is read aloud, e.g. ``Sunday 6 December at 07:30``."""
        return self._format(moment, "spoken").replace("点00分", "点整")

    def names(self, ids: str | Iterable[str]) -> str:
        """Return the names of courses, segments or waves as a list in a sentence."""
        named = [self.name_of(name) for name in ([ids] if isinstance(ids, str) else ids)]
        if self._lang == "en":
            return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))
        return format_list(named, locale=self._locale)

    def name_of(self, name: str) -> str:
        """Return the name of a course or segment; a wave, and anything unknown, is its own name."""
        return self._names.get(name, name)

    def _word(self, name: str, wording: Wording) -> str:
        value, question = wording.facts.get(name, ""), wording.questions[name]
        if not isinstance(value, str):
            return self.names(value)
        if value in question["options"]:
            return self._in_language(question["options"][value])
        return self.when(value) if value and question["type"] == "datetime" else value

    def _race_values(self) -> dict[str, Any]:
        is_default = self.language == self._fallback
        return {
            "name": self._text("name"),
            # A Chinese sender name would more than double the price of an English SMS.
            "sender": self._race["sms_sender_name"] if is_default else self._text("name"),
            "starts_at": self._race["starts_at"],
            "time_zone": self._race["time_zone"],
            "contact": dict(self._race["contact"]),
        }

    def _name(self, person: PersonFields) -> str:
        first, last = tidy(person.first_name), tidy(person.last_name)
        if _CJK.search(first + last):
            return last + first
        return f"{first} {last}".strip() or self._pick(_UNNAMED)

    def _format(self, moment: str, pattern: str) -> str:
        local = datetime.fromisoformat(moment).astimezone(self._zone)
        patterns = _PATTERNS.get(self._lang, _PATTERNS[""])
        return format_datetime(local, patterns[pattern], locale=self._locale)

    def _text(self, name: str) -> str:
        return self._in_language(self._race[name])

    def _in_language(self, text: Text) -> str:
        return pick(text, self.language, self._fallback)

    def _pick(self, words: Mapping[str, str]) -> str:
        return words.get(self._lang, words[""])
