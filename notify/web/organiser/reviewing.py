"""A preview as the review page shows it: shares, samples by group and language, every surface."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import unescape

from markupsafe import Markup, escape

from notify.domain.audience import EVERYBODY
from notify.domain.delivery import Channel
from notify.domain.notice import Surface
from notify.domain.playbook import Playbook
from notify.domain.race import Race
from notify.usecases.preview import Preview, Sample
from notify.web.i18n import in_language
from notify.web.words import language_name

_FEW = 8
"""Up to so many different characters outside the SMS alphabet are pointed out one by one; more
than that is another script, where pointing would mark the whole text."""

_STYLE_ATTRIBUTE = re.compile(r'\sstyle="([^"]*)"')
_STYLE_ELEMENT = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class Share:
    """A part of the people; ``permille`` of the largest part, for the length of a bar."""

    name: str
    count: int
    permille: int


@dataclass(frozen=True)
class Sheet:
    """What one real person would read."""

    sample: Sample
    language: str
    course: str
    sms: Markup
    offending: tuple[str, ...]
    other_script: bool
    push: Mapping[str, str]
    email: Mapping[str, str]


@dataclass(frozen=True)
class GroupOfSheets:
    """One part of the audience with a wording of its own, a sheet per language."""

    id: str
    name: str
    count: int
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class ShownSheet:
    """What everybody sees, in one language; ``page`` is safe HTML."""

    tag: str
    language: str
    page: Markup
    texts: Mapping[Surface, str]


@dataclass(frozen=True)
class Review:
    """Everything the review page shows that is not in the preview as it stands.

    ``style_sources`` allows exactly the styles that the e-mails have, and no others.
    """

    by_group: tuple[Share, ...]
    by_language: tuple[Share, ...]
    by_course: tuple[Share, ...]
    by_wave: tuple[Share, ...]
    groups: tuple[GroupOfSheets, ...]
    shown: tuple[ShownSheet, ...]
    style_sources: str


def review_of(preview: Preview, playbook: Playbook, race: Race) -> Review:
    """Return ``preview`` ready for the page."""
    courses = {course.id: in_language(course.name) for course in race.courses}
    groups = tuple(_groups(preview, playbook, race))
    names = {group.id: group.name for group in groups}
    return Review(
        by_group=shares(preview.by_group, lambda group: names.get(group, group)),
        by_language=shares(preview.by_language, language_name),
        by_course=shares(preview.by_course, lambda course: courses.get(course, course)),
        by_wave=shares(dict(sorted(preview.by_wave.items())), lambda wave: wave or "–"),
        groups=groups,
        shown=tuple(_shown(tag, texts) for tag, texts in preview.shown.items()),
        style_sources=style_sources(
            sample.texts[Channel.EMAIL]["email_html"]
            for sample in preview.samples
            if Channel.EMAIL in sample.texts
        ),
    )


def shares(counts: Mapping[str, int], name: Callable[[str], str]) -> tuple[Share, ...]:
    """Return ``counts`` with bars as long as they are large."""
    most = max(counts.values(), default=0) or 1
    return tuple(
        Share(name(key), count, max(1, round(1000 * count / most))) for key, count in counts.items()
    )


def style_sources(documents: Iterable[str]) -> str:
    """Return the CSP sources that allow the styles within ``documents``, by their hashes."""
    styles: dict[str, None] = {}
    for document in documents:
        styles.update(dict.fromkeys(map(unescape, _STYLE_ATTRIBUTE.findall(document))))
        styles.update(dict.fromkeys(_STYLE_ELEMENT.findall(document)))
    hashes = (b64encode(sha256(style.encode()).digest()).decode() for style in styles)
    return " ".join(["'unsafe-hashes'", *(f"'sha256-{digest}'" for digest in hashes)])


def marked(text: str, offending: Iterable[str]) -> Markup:
    """Return ``text`` as safe HTML with every offending character marked."""
    found = set(offending)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(char) if char in found else escape(char) for char in text
    )


def _groups(preview: Preview, playbook: Playbook, race: Race) -> Iterable[GroupOfSheets]:
    names = {group.id: in_language(group.name) for group in playbook.audience.groups}
    languages = list(preview.by_language)  # the one most people read comes first
    for group in playbook.audience.group_ids:
        samples = [sample for sample in preview.samples if sample.group == group]
        if not samples:
            continue
        samples.sort(key=lambda sample: languages.index(sample.language))
        yield GroupOfSheets(
            id=group,
            name="" if group == EVERYBODY else names[group],
            count=preview.by_group[group],
            sheets=tuple(_sheet(sample, race) for sample in samples),
        )


def _sheet(sample: Sample, race: Race) -> Sheet:
    course = race.course(sample.course)
    offending = sample.sms.offending if sample.sms else ()
    pointed = offending if len(offending) <= _FEW else ()
    return Sheet(
        sample=sample,
        language=language_name(sample.language),
        course=in_language(course.name) if course else sample.course,
        sms=marked(sample.texts.get(Channel.SMS, {}).get("sms", ""), pointed),
        offending=pointed,
        other_script=len(offending) > _FEW,
        push=sample.texts.get(Channel.PUSH, {}),
        email=sample.texts.get(Channel.EMAIL, {}),
    )


def _shown(tag: str, texts: Mapping[Surface, str]) -> ShownSheet:
    return ShownSheet(
        tag=tag,
        language=language_name(tag),
        page=Markup(texts[Surface.PAGE]),  # noqa: S704 - the renderer's own HTML, escaped there
        texts=texts,
    )
