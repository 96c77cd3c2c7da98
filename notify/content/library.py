"""The library of templates on disk: checking them, and freezing the wording of one notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from pathlib import Path

from notify.content.errors import ContentError
from notify.content.family import family_of, parent_of, template_name
from notify.content.linting import lint
from notify.content.outline import Known
from notify.content.renderer import Renderer
from notify.content.samples import SAMPLE_INCIDENT, SAMPLE_PERSON, SAMPLE_RACE
from notify.content.shaping import TOKEN
from notify.content.wording import IncidentContext, Wording, questions_of, race_snapshot
from notify.domain.audience import Facts, FactValue
from notify.domain.delivery import Channel
from notify.domain.facts import sample_facts
from notify.domain.notice import SENT_SURFACES, SHOWN_SURFACES, NoticeKind, Surface
from notify.domain.playbook import Fact, FactType, Playbook
from notify.domain.race import Race
from notify.domain.text import LANGUAGES

MAX_BYTES = 65_536
"""A notice is a page of text; a larger file is the wrong file."""


class Content:
    """The templates below one directory, ``templates/messages``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def freeze(  # noqa: PLR0913 - a wording is made of exactly these
        self,
        playbook: Playbook,
        kind: NoticeKind,
        race: Race,
        facts: Facts,
        incident: IncidentContext,
        *,
        drill: bool,
        groups: Iterable[str] | None = None,
    ) -> Wording:
        """Return the wording of one notice, after rendering every text of it once.

        ``groups`` are the playbook's own unless given. Raises ``ContentError`` with everything
        that is missing or wrong, in every language.
        """
        languages = tuple(dict.fromkeys((*LANGUAGES, race.default_language)))
        wording = Wording(
            playbook=playbook.id,
            kind=kind,
            sources=self._sources(template_name(playbook.id, kind, tag) for tag in languages),
            facts=dict(facts),
            race=race_snapshot(race),
            incident=asdict(incident),
            drill=drill,
            languages=languages,
            groups=tuple(groups or playbook.audience.group_ids),
            questions=questions_of(playbook),
        )
        problems = [*_names_unknown(playbook, wording)]
        if not problems:
            problems = [*_render_all(Renderer(wording), _no_lint)]
        if problems:
            raise ContentError(problems)
        return wording

    def check(self, playbook: Playbook, race: Race | None = None) -> list[str]:
        """Return what is wrong with the playbook's wording, for every kind, language and group.

        Rendered with sample facts: every option of every choice, optional facts given and left out.
        """
        problems: list[str] = []
        for kind in playbook.kinds:
            try:
                problems += self._check_kind(playbook, kind, race or SAMPLE_RACE)
            except ContentError as error:
                problems += error.errors
        return list(dict.fromkeys(problems))

    def _check_kind(self, playbook: Playbook, kind: NoticeKind, race: Race) -> Iterator[str]:
        first, *others = variations(playbook, kind, race)
        frozen = self.freeze(playbook, kind, race, first, SAMPLE_INCIDENT, drill=False)
        for facts in (first, *others):
            yield from _render_all(Renderer(replace(frozen, facts=facts)), lint)

    def _sources(self, names: Iterable[str]) -> dict[str, str]:
        sources: dict[str, str] = {}
        problems: list[str] = []
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in sources:
                continue
            try:
                sources[name] = self._read(name)
            except ContentError as error:
                problems += error.errors
                continue
            parent = parent_of(sources[name])
            waiting += [parent] if parent else []
        if problems:
            raise ContentError(sorted(problems))
        return sources

    def _read(self, name: str) -> str:
        path = self.root / name
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise ContentError([f"{name}: is outside {self.root}; extend a template in it"])
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise ContentError([f"{name}: there is no such template; add it"]) from error
        except OSError as error:
            raise ContentError([f"{name}: cannot be read: {error.strerror}"]) from error
        if len(raw) > MAX_BYTES:
            raise ContentError([f"{name}: longer than {MAX_BYTES // 1024} KiB; not a notice"])
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise ContentError([f"{name}:{line}: is not UTF-8 text; save it as UTF-8"]) from error
        if TOKEN.search(text):
            raise ContentError([f"{name}: has private-use characters; delete them"])
        return text


def variations(playbook: Playbook, kind: NoticeKind, race: Race) -> Iterator[Facts]:
    """Yield sample facts for a notice of ``kind`` that between them take every branch there is.

    Every option of every choice with all facts given; and with only what must be given, every
    option of the first choice, which is the decision.
    """
    full = sample_facts(playbook, race)
    choices = [fact for fact in playbook.facts if fact.type is FactType.CHOICE]
    yield from ({**full, fact.id: option} for fact in choices for option in fact.options)
    yield full
    yield _needed(playbook, kind, full)
    for option in choices[0].options if choices else ():
        facts = {**full, choices[0].id: option}
        yield {**_needed(playbook, kind, facts), choices[0].id: option}


def _needed(playbook: Playbook, kind: NoticeKind, facts: Facts) -> dict[str, FactValue]:
    needed = {fact.id for fact in playbook.facts if _is_needed(fact, kind, facts)}
    return {name: value for name, value in facts.items() if name in needed}


def _is_needed(fact: Fact, kind: NoticeKind, facts: Facts) -> bool:
    if kind in fact.optional_in:
        return False
    return fact.required or any(facts.get(o) in values for o, values in fact.required_when.items())


def _names_unknown(playbook: Playbook, wording: Wording) -> Iterator[str]:
    known = Known({fact.id: tuple(fact.options) for fact in playbook.facts}, wording.groups)
    for language in wording.languages:
        name = template_name(wording.playbook, wording.kind, language)
        try:
            outline = family_of(wording.sources, name).outline
            for surface in Surface:
                personal = surface in SENT_SURFACES
                yield from map(str, known.problems(outline, surface, personal=personal))
        except ContentError as error:
            yield from error.errors


def _render_all(
    renderer: Renderer, judge: Callable[[Mapping[str, str]], list[str]]
) -> Iterator[str]:
    """Render every surface, language and group; yield what fails, and what ``judge`` finds."""
    wording = renderer.wording
    shown: list[_Render] = [
        (language, partial(_shown, renderer, surface, language))
        for language, surface in product(wording.languages, SHOWN_SURFACES)
    ]
    sent: list[_Render] = [
        (language, partial(renderer.sent, channel, language, group, SAMPLE_PERSON))
        for language, group, channel in product(wording.languages, wording.groups, Channel)
    ]
    for language, render in shown + sent:
        name = template_name(wording.playbook, wording.kind, language)
        try:
            yield from (f"{name}: {said}" for said in judge(render()))
        except ContentError as error:
            yield from error.errors


_Render = tuple[str, Callable[[], Mapping[str, str]]]


def _no_lint(_: Mapping[str, str]) -> list[str]:
    return []


def _shown(renderer: Renderer, surface: Surface, language: str) -> dict[str, str]:
    return {str(surface): renderer.shown_on(surface, language)}
