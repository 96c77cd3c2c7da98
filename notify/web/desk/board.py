"""The changing part of the desk as plain values: banners, notes, answers, past incidents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notify.domain.notice import Surface
from notify.domain.text import LANGUAGES
from notify.usecases.shown import Shown
from notify.web.desk.script import Section, sections
from notify.web.documents import reader_language

NOTE_FOR = timedelta(minutes=30)
"""How long after its end an incident leaves a note where its banner was."""


@dataclass(frozen=True)
class Entry:
    """One incident's answer and script in one language; ``reads`` is the language of the texts."""

    incident: Shown
    reads: str
    question: str
    answer: str
    script: tuple[Section, ...]


@dataclass(frozen=True)
class Sheet:
    """All answers for callers who speak ``language``."""

    language: str
    active: tuple[Entry, ...]
    past: tuple[Entry, ...]


@dataclass(frozen=True)
class Board:
    """What the desk shows now. ``ended`` are incidents that ended a short while ago."""

    version: str
    now: datetime
    active: tuple[Shown, ...]
    ended: tuple[Shown, ...]
    sheets: tuple[Sheet, ...]

    @property
    def past(self) -> bool:
        """Whether there are incidents that are over."""
        return any(sheet.past for sheet in self.sheets)

    def reads(self, item: Shown, language: str) -> str:
        """Return the language in which ``item`` is shown to a reader of ``language``."""
        return reader_language(item, language)

    def is_overdue(self, item: Shown) -> bool:
        """Return whether the promised update should have come by now."""
        return item.promised_at is not None and item.promised_at < self.now


def board_of(items: Sequence[Shown], *, version: str, now: datetime) -> Board:
    """Return the board for ``items``, which come the most severe first; exercises come last."""
    active = tuple(sorted((item for item in items if item.active), key=lambda item: item.drill))
    past = sorted(
        (item for item in items if not item.active),
        key=lambda item: item.resolved_at or item.changed_at,
        reverse=True,
    )
    return Board(
        version=version,
        now=now,
        active=active,
        ended=tuple(item for item in past if _ended_lately(item, now)),
        sheets=tuple(_sheet(language, active, past) for language in languages_of(items)),
    )


def languages_of(items: Iterable[Shown]) -> tuple[str, ...]:
    """Return the languages there are answers in, those every notice has first."""
    return tuple(dict.fromkeys((*LANGUAGES, *(tag for item in items for tag in item.texts))))


def _sheet(language: str, active: Iterable[Shown], past: Iterable[Shown]) -> Sheet:
    return Sheet(
        language=language,
        active=tuple(_entry(item, language) for item in active),
        past=tuple(_entry(item, language) for item in past),
    )


def _entry(item: Shown, language: str) -> Entry:
    reads = reader_language(item, language)
    texts = item.texts[reads]
    return Entry(
        incident=item,
        reads=reads,
        question=texts[Surface.FAQ_QUESTION],
        answer=texts[Surface.FAQ_ANSWER],
        script=sections(texts[Surface.AGENT_SCRIPT]),
    )


def _ended_lately(item: Shown, now: datetime) -> bool:
    return item.resolved_at is not None and now - item.resolved_at < NOTE_FOR
