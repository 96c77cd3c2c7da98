"""Preview: who would get what, on which channel, when the last one leaves. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, Connection, Row, func, select

from notify.content import PersonFields
from notify.domain.audience import Facts
from notify.domain.delivery import Channel
from notify.domain.notice import NoticeKind, Surface, audience_hash, fingerprint
from notify.domain.sms import SmsParts, count_parts
from notify.store.audience import people
from notify.store.planning import foreseen
from notify.usecases.compose import Draft, Request, approved_audience, compose
from notify.usecases.errors import NobodyAffected
from notify.usecases.forecast import Forecast, forecast
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Sample:
    """What one real person would get. ``texts`` is by channel and surface."""

    registrant_id: int
    name: str
    bib: str
    course: str
    wave: str
    group: str
    language: str
    texts: Mapping[Channel, Mapping[str, str]]
    sms: SmsParts | None


@dataclass(frozen=True)
class Preview:
    """Everything to look at before pressing the button.

    ``people`` are told, ``left_out`` are not, by reason; together they are everybody in the race.
    ``fingerprint`` binds a confirmation to exactly this; the confirming request repeats
    ``issued_at``. ``shown`` is by language and surface.
    """

    playbook_id: str
    race_id: str
    kind: NoticeKind
    incident_id: str
    revision: int
    drill: bool
    facts: Facts
    issued_at: datetime
    fingerprint: str
    people: int
    left_out: Mapping[str, int]
    by_language: Mapping[str, int]
    by_course: Mapping[str, int]
    by_wave: Mapping[str, int]
    by_group: Mapping[str, int]
    channels: tuple[Forecast, ...]
    off: Mapping[Channel, str]
    samples: tuple[Sample, ...]
    shown: Mapping[str, Mapping[Surface, str]]
    expires_at: datetime

    @property
    def last_leaves_in(self) -> timedelta:
        """How long after the trigger the last message leaves, at the channels' rates."""
        seconds = max((forecast.seconds for forecast in self.channels), default=0.0)
        return timedelta(seconds=seconds)


def preview(request: Request, *, services: Services) -> Preview:
    """Return what ``request`` would do.

    Raises what ``compose`` raises, and ``NobodyAffected`` for an empty audience.
    """
    with services.database.read() as connection:
        draft = compose(request, connection=connection, services=services)
        return preview_of(draft, connection=connection, services=services)


def preview_of(draft: Draft, *, connection: Connection, services: Services) -> Preview:
    """Return the preview of a draft; raises ``NobodyAffected`` for an empty audience."""
    who = people(draft.selection).cte("who")
    told, left_out = _count(connection, who)
    if not told and not draft.may_tell_nobody:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise NobodyAffected(f"nobody is affected by these facts ({reasons or 'no registrants'})")
    audience = audience_hash(foreseen(connection, draft.selection))
    return Preview(
        playbook_id=draft.playbook.id,
        race_id=draft.race.id,
        kind=draft.kind,
        incident_id=draft.incident_id,
        revision=draft.revision,
        drill=draft.drill,
        facts=draft.facts,
        issued_at=draft.issued_at,
        fingerprint=fingerprint(
            draft.facts, draft.wording.hash, approved_audience(draft, audience)
        ),
        people=sum(told.values()),
        left_out=left_out,
        by_language=_by(told, 0),
        by_course=_by(told, 1),
        by_wave=_by(told, 2),
        by_group=_by(told, 3),
        channels=forecast(draft, connection=connection, services=services),
        off=draft.off,
        samples=_samples(connection, who, draft),
        shown={language: draft.renderer.shown(language) for language in draft.wording.languages},
        expires_at=services.now() + draft.playbook.expires_after,
    )


_Told = Counter[tuple[str, str, str, str]]


def _count(connection: Connection, who: CTE) -> tuple[_Told, dict[str, int]]:
    """Count the people told by language, course, wave and group; the others by reason."""
    kinds = (who.c.language, who.c.course, who.c.wave, who.c.group_id)
    told: _Told = Counter()
    left_out: Counter[str] = Counter()
    query = select(who.c.left_out, *kinds, func.count()).group_by(who.c.left_out, *kinds)
    for reason, language, course, wave, group, count in connection.execute(query):
        if reason is None:
            told[language, course, wave, group] += count
        else:
            left_out[reason] += count
    return told, dict(left_out.most_common())


def _by(told: _Told, place: int) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for kinds, count in told.items():
        counts[kinds[place]] += count
    return dict(counts.most_common())


def _samples(connection: Connection, who: CTE, draft: Draft) -> tuple[Sample, ...]:
    """One real person per group and language: the first to whom a message leaves."""
    nth = func.row_number().over(
        partition_by=(who.c.group_id, who.c.language), order_by=(who.c.rank, who.c.registrant_id)
    )
    numbered = select(*who.c, nth.label("nth")).where(who.c.left_out.is_(None)).subquery()
    rows = connection.execute(
        select(numbered).where(numbered.c.nth == 1).order_by(numbered.c.group_id)
    )
    return tuple(_sample(row, draft) for row in rows)


def _sample(row: Row[*tuple[Any, ...]], draft: Draft) -> Sample:
    person = PersonFields(row.first_name, row.last_name, row.bib, row.course, row.wave)
    language, group = row.language, row.group_id
    texts = {
        channel: draft.renderer.sent(channel, language, group, person)
        for channel in draft.selection.channels
    }
    sms = texts.get(Channel.SMS)
    return Sample(
        registrant_id=row.registrant_id,
        name=draft.renderer.name_of(person, language),
        bib=person.bib,
        course=person.course,
        wave=person.wave,
        group=group,
        language=language,
        texts=texts,
        sms=count_parts(sms["sms"]) if sms else None,
    )
