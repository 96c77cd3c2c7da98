"""From a frozen wording to the text of each surface: one path for preview, approval and sending."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from itertools import chain
from typing import Any

from notify.content.errors import ContentError
from notify.content.family import family_of, template_name
from notify.content.sandbox import OPEN_FIELDS, OpenField, Values
from notify.content.shaping import HTML_TEXTS, LINE_TEXTS, ShapeError, fill, finish, shape
from notify.content.wording import PersonFields, Wording
from notify.content.words import PERSON_FIELDS, Words
from notify.domain.delivery import Channel
from notify.domain.notice import SHOWN_SURFACES, Surface

TEXTS: Mapping[Channel, Mapping[str, Surface]] = {
    Channel.SMS: {"sms": Surface.SMS},
    Channel.PUSH: {"push_title": Surface.PUSH_TITLE, "push_body": Surface.PUSH_BODY},
    Channel.EMAIL: {
        "email_subject": Surface.EMAIL_SUBJECT,
        "email_text": Surface.EMAIL_BODY,
        "email_html": Surface.EMAIL_BODY,
    },
}
"""The texts each channel sends, and the block each of them is made from."""

_MADE_FROM = {"name": ("first_name", "last_name")}
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\bNone\b|\bUndefined\b")
_OPEN = re.compile("([" + "".join(OPEN_FIELDS.values()) + "])")
_FIELD_OF = {token: field for field, token in OPEN_FIELDS.items()}
_OPEN_PERSON = {field: OpenField(token) for field, token in OPEN_FIELDS.items()}


class _Form:
    """One text, shaped and filled but for the person's fields, which stand open."""

    def __init__(self, name: str, shaped: str, words: Words, *, drill: bool) -> None:
        self._parts = _OPEN.split(shaped)
        self._fields = [_FIELD_OF[token] for token in self._parts[1::2]]
        self._words = words
        self._escape = escape if name in HTML_TEXTS else str
        self._finish = finish(name, words.language, drill=drill)
        self._same = None if self._fields else self._finish(shaped)

    def fill(self, person: PersonFields) -> str:
        if self._same is not None:
            return self._same
        said, escaped = self._words.person, self._escape
        parts = self._parts.copy()
        parts[1::2] = [escaped(said(field, person)) for field in self._fields]
        return self._finish("".join(parts))


class Renderer:
    """Renders one wording. Made once per process and wording; raises ``ContentError`` throughout.

    A text that only prints the person's fields is rendered once per language and group and then
    filled, at a few microseconds a person. One that decides by them is rendered for each person.
    """

    def __init__(self, wording: Wording) -> None:
        self.wording = wording
        self._words = {language: Words(wording, language) for language in wording.languages}
        self._values = {tag: words.values(wording) for tag, words in self._words.items()}
        self._families = {
            tag: family_of(wording.sources, template_name(wording.playbook, wording.kind, tag))
            for tag in wording.languages
        }
        self._forms: dict[tuple[Channel, str, str], dict[str, _Form | None]] = {}

    def language_for(self, wanted: str) -> str:
        """Return the language that a reader of ``wanted`` gets: it, its like, or the race's own."""
        languages = self.wording.languages
        primary = wanted.partition("-")[0]
        like = [tag for tag in languages if tag.partition("-")[0] == primary]
        choices = [wanted, *like, str(self.wording.race["default_language"]), *languages]
        return next(tag for tag in choices if tag in languages)

    def shown(self, language: str) -> dict[Surface, str]:
        """Return what everybody sees: ``page`` is safe HTML, everything else is plain text."""
        return {surface: self.shown_on(surface, language) for surface in SHOWN_SURFACES}

    def shown_on(self, surface: Surface, language: str) -> str:
        """Return what everybody sees on one surface."""
        return self._render(surface, str(surface), self.language_for(language), {})

    def sent(
        self, channel: Channel, language: str, group: str, person: PersonFields
    ) -> dict[str, str]:
        """Return the texts that ``person`` gets over ``channel``, by the names in ``TEXTS``."""
        forms = self._forms.get((channel, language, group))
        if forms is None:
            forms = self._open_forms(channel, self.language_for(language), group)
            self._forms[channel, language, group] = forms
        if None in forms.values():
            full = self.sent_in_full(channel, language, group, person)
            return {name: form.fill(person) if form else full[name] for name, form in forms.items()}
        return {name: form.fill(person) for name, form in forms.items() if form}

    def sent_in_full(
        self, channel: Channel, language: str, group: str, person: PersonFields
    ) -> dict[str, str]:
        """Return the same bytes as ``sent``, with every template run for this person alone."""
        language = self.language_for(language)
        words = self._words[language]
        fields = {field: words.person(field, person) for field in PERSON_FIELDS}
        variables = {"person": fields, "group": self._known_group(group)}
        return {
            name: self._finished(name, self._render(surface, name, language, variables), language)
            for name, surface in TEXTS[channel].items()
        }

    def name_of(self, person: PersonFields, language: str) -> str:
        """Return the person's name as messages in ``language`` write it."""
        return self._words[self.language_for(language)].person("name", person)

    def person_fields_in(self, surface: Surface, language: str, group: str) -> frozenset[str]:
        """Return the ``PersonFields`` that ``surface`` may show; the same for every group."""
        self._known_group(group)
        used = self._families[self.language_for(language)].outline.person_fields(surface)
        return frozenset(chain.from_iterable(_MADE_FROM.get(field, (field,)) for field in used))

    def _known_group(self, group: str) -> str:
        if group not in self.wording.groups:
            raise ContentError([f"{self.wording.playbook}: has no group {group!r}"])
        return group

    def _open_forms(self, channel: Channel, language: str, group: str) -> dict[str, _Form | None]:
        outline = self._families[language].outline
        variables = {"person": _OPEN_PERSON, "group": self._known_group(group)}
        forms: dict[str, _Form | None] = {}
        for name, surface in TEXTS[channel].items():
            forms[name] = None
            if outline.is_open(surface):
                shaped = self._render(surface, name, language, variables)
                forms[name] = self._form(name, shaped, language)
        return forms

    def _form(self, name: str, shaped: str, language: str) -> _Form:
        try:
            return _Form(name, shaped, self._words[language], drill=self.wording.drill)
        except ShapeError as error:
            raise self._error(language, name, str(error)) from error

    def _finished(self, name: str, shaped: str, language: str) -> str:
        try:
            return finish(name, language, drill=self.wording.drill)(shaped)
        except ShapeError as error:
            raise self._error(language, name, str(error)) from error

    def _render(
        self, surface: Surface, name: str, language: str, variables: Mapping[str, Any]
    ) -> str:
        """Return the shaped text ``name`` with all values in it but open fields."""
        values = Values(links_stay=name not in LINE_TEXTS)
        known = {"_words": self._words[language], "_values": values, **self._values[language]}
        text = self._families[language].render(surface, {**known, **variables})
        leftover = _LEFTOVER.search(text)
        if leftover:
            raise self._error(language, surface, f"shows {leftover[0]!r}; word it otherwise")
        if not text.strip():
            raise self._error(language, surface, "is empty; write it")
        try:
            shaped = shape(name, text, language, drill=self.wording.drill)
        except ShapeError as error:
            raise self._error(language, surface, str(error)) from error
        return fill(shaped, values.by_token, escape if name in HTML_TEXTS else str)

    def _error(self, language: str, block: str, said: str) -> ContentError:
        name = template_name(self.wording.playbook, self.wording.kind, language)
        return ContentError([f"{name}: block {block}: {said}"])
