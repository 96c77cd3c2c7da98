"""A playbook's facts as fields of a form, and what is wrong with them in words fit for the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from notify.domain.facts import FactError
from notify.domain.playbook import Fact, FactType, Playbook
from notify.domain.race import Race, WallClockError, to_utc
from notify.web.i18n import in_language
from notify.web.organiser.answers import PREFIX, SEVERAL, Answers
from notify.web.words import when


@dataclass(frozen=True)
class Option:
    """One choice of a field; ``detail`` is said below it in small letters."""

    id: str
    value: str
    label: str
    checked: bool
    detail: str = ""


@dataclass(frozen=True)
class Field:
    """One question as the page shows it.

    ``control`` is ``one`` (radio buttons), ``several`` (check boxes), ``time``, ``text`` or
    ``url``. ``condition`` says in words when an optional fact is needed after all, ``needed_when``
    is the same for the script: field name and values.
    """

    id: str
    name: str
    control: str
    label: str
    help: str
    required: bool
    optional_in: str
    condition: str
    needed_when: Mapping[str, Sequence[str]]
    options: tuple[Option, ...]
    value: str
    example: str
    max_length: int
    error: str

    @property
    def target(self) -> str:
        """The id of the element that a link to this field must lead to."""
        return self.options[0].id if self.options else self.id

    @property
    def width(self) -> str:
        """How wide the choices are: ``short``, ``pairs`` or ``broad``."""
        longest = max((len(option.label.encode("gb18030")) for option in self.options), default=0)
        if longest < 3:
            return "short"
        return "pairs" if longest <= 16 and len(self.options) > 2 else "broad"

    @property
    def described_by(self) -> str:
        """The ids of the texts that belong to the field."""
        parts = [f"{self.id}-help"] if self.help or self.control == "time" else []
        return " ".join([*parts, *([f"{self.id}-wrong"] if self.error else [])])


def fields_of(
    playbook: Playbook, race: Race, answers: Answers, errors: Iterable[FactError] = ()
) -> tuple[Field, ...]:
    """Return the playbook's questions with what was answered, and what is wrong with it."""
    wrong = {error.fact: error for error in errors}
    return tuple(
        _field(fact, playbook, race, answers, wrong.get(fact.id)) for fact in playbook.facts
    )


def _field(
    fact: Fact, playbook: Playbook, race: Race, answers: Answers, error: FactError | None
) -> Field:
    given = answers.typed.get(fact.id, "")
    chosen = {given} if isinstance(given, str) else set(given)
    control, value = _CONTROLS.get(fact.type, "text"), given if isinstance(given, str) else ""
    if fact.type is FactType.DATETIME:
        control, value = _time_control(value, race, error)
    return Field(
        id=PREFIX + fact.id,
        name=PREFIX + fact.id,
        control=control,
        label=in_language(fact.label),
        help=in_language(fact.help),
        required=fact.required,
        optional_in=" ".join(sorted(fact.optional_in)),
        condition=_condition(fact, playbook),
        needed_when={PREFIX + other: values for other, values in fact.required_when.items()},
        options=tuple(
            Option(f"{PREFIX}{fact.id}-{index}", option, label, option in chosen, detail)
            for index, (option, label, detail) in enumerate(_options(fact, race))
        ),
        value=value,
        example=(fact.example or "") if fact.type is FactType.TEXT else "",
        max_length=fact.max_length,
        error=error_text(error, fact, race) if error else "",
    )


_CONTROLS = {
    FactType.CHOICE: "one",
    FactType.COURSES: "several",
    FactType.WAVES: "several",
    FactType.SEGMENTS: "several",
    FactType.URL: "url",
}


def _options(fact: Fact, race: Race) -> list[tuple[str, str, str]]:
    match fact.type:
        case FactType.CHOICE:
            return [(value, in_language(text), "") for value, text in fact.options.items()]
        case FactType.COURSES:
            return [(course.id, in_language(course.name), "") for course in race.courses]
        case FactType.SEGMENTS:
            return [
                (segment, in_language(name), _courses_over(segment, race))
                for segment, name in race.segments.items()
            ]
        case FactType.WAVES:
            return [(wave, wave, f"{start:%H:%M}") for wave, start in race.waves.items()]
        case _:
            return []


def _courses_over(segment: str, race: Race) -> str:
    over = race.courses_over(frozenset({segment}))
    return ", ".join(in_language(course.name) for course in race.courses if course.id in over)


def _time_control(text: str, race: Race, error: FactError | None) -> tuple[str, str]:
    """Return the control and the value of a time; one that needs an offset is typed as text."""
    if error is not None and error.code in ("wall_clock", "not_a_time"):
        return "text", text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return "time", ""
    if moment.tzinfo is None:
        return "time", moment.isoformat(timespec="minutes")
    wall = moment.astimezone(race.zone).replace(tzinfo=None)
    try:
        to_utc(wall, race.zone)
    except WallClockError:
        return "text", text
    return "time", wall.isoformat(timespec="minutes")


def _condition(fact: Fact, playbook: Playbook) -> str:
    parts = []
    for other_id, values in fact.required_when.items():
        other = playbook.fact(other_id)
        if other is None:
            continue
        named = [in_language(other.options.get(value, {})) or value for value in values]
        answer = _(" or ").join(f"“{name}”" for name in named)
        parts.append(
            _(
                "needed if the answer to “%(question)s” is %(answer)s",
                question=in_language(other.label),
                answer=answer,
            )
        )
    return "; ".join(parts)


def error_text(error: FactError, fact: Fact, race: Race) -> str:
    """Return what is wrong and what to do, in the language of the page."""
    if error.code == "missing":
        if fact.type is FactType.CHOICE:
            return str(_("Choose one."))
        if fact.type in SEVERAL:
            return str(_("Choose at least one."))
        return str(_("Fill this in."))
    texts: dict[str, str] = {
        "not_a_choice": _("This is not one of the choices. Choose again."),
        "one_only": _("Only one answer is possible here."),
        "not_a_time": _("This is not a time. Write it like 2026-12-05T18:00."),
        "too_early": _("This is before the time it must follow. Correct one of the two."),
        "wall_clock": _(
            "The clocks in %(zone)s change around this time, so it does not exist or happens "
            "twice. Choose another time, or add the offset, like 2026-11-01T01:30-05:00.",
            zone=race.time_zone,
        ),
        "not_a_link": _("This is not a link. It must begin with https://"),
        "too_long": _("This is too long: %(limit)s characters at the most.", limit=fact.max_length),
        "not_text": _("There is a character in it that cannot be shown. Type it again."),
    }
    return texts.get(error.code, error.message)


def facts_said(
    playbook: Playbook, race: Race, facts: Mapping[str, str | Sequence[str]]
) -> list[tuple[str, str]]:
    """Return question and answer of every fact that has one, as the page says them."""
    said = []
    for fact in playbook.facts:
        value = facts.get(fact.id)
        if value:
            said.append((in_language(fact.label), _said(fact, race, value)))
    return said


def _said(fact: Fact, race: Race, value: str | Sequence[str]) -> str:
    names = {option: label for option, label, _detail in _options(fact, race)}
    if not isinstance(value, str):
        return str(_(", ")).join(names.get(item, item) for item in value)
    if fact.type is FactType.DATETIME:
        return when(value, race)
    return names.get(value, value)
