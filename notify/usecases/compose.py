"""From what was typed to a draft: facts checked, wording frozen, audience chosen; no writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from notify.content import IncidentContext, Renderer, Wording
from notify.domain.audience import Facts, bind
from notify.domain.delivery import Channel
from notify.domain.facts import Typed, read_facts
from notify.domain.incident import code_from
from notify.domain.notice import FOLLOWING_KINDS, NoticeKind, sha256_of
from notify.domain.playbook import Playbook
from notify.domain.race import Race, race_from_document
from notify.store.audience import Reach, Selection
from notify.store.races import RaceRow
from notify.usecases.errors import NobodyAffected, NotAllowed, Unknown
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where a later notice stands: its incident, its revision, the notices that came before."""

    incident_id: str
    revision: int
    notices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What an organiser asks for.

    ``request_id`` is issued with the form, once per intention. ``issued_at`` is the time the notice
    bears: a confirmation repeats that of its preview, for it is part of what was seen.
    """

    playbook_id: str
    race_id: str
    typed: Typed
    request_id: str
    kind: NoticeKind = NoticeKind.ALERT
    drill: bool = False
    issued_at: datetime | None = None
    earlier: Earlier | None = None


@dataclass(frozen=True)
class Draft:
    """A notice that could be sent."""

    incident_id: str
    revision: int
    kind: NoticeKind
    playbook: Playbook
    race: Race
    facts: Facts
    issued_at: datetime
    wording: Wording
    renderer: Renderer
    selection: Selection
    drill: bool
    off: Mapping[Channel, str] = field(default_factory=dict)

    @property
    def may_tell_nobody(self) -> bool:
        """Whether it is for those told before, even if nobody was: the surfaces must follow."""
        return self.selection.reach is Reach.TOLD


_REACH = {
    NoticeKind.UPDATE: Reach.RULE_OR_TOLD,
    NoticeKind.CORRECTION: Reach.TOLD,
    NoticeKind.ALL_CLEAR: Reach.TOLD,
}
"""Whom a later notice is for. An update also goes to those whom its new facts affect; a correction
and an all-clear go to exactly the people who have, or may have, what they take back."""


def compose(request: Request, *, connection: Connection, services: Services) -> Draft:
    """Return the draft of ``request``.

    Raises ``Unknown``, ``FactsRefused``, ``NotAllowed``, ``ContentError`` and ``NobodyAffected``
    (when every channel of the playbook is off).
    """
    playbook = _playbook(request.playbook_id, services)
    race = read_race(connection, request.race_id)
    if request.kind not in playbook.kinds:
        raise NotAllowed(f"{playbook.id} has no {request.kind} notice")
    if request.kind in FOLLOWING_KINDS and request.earlier is None:
        raise NotAllowed(f"a {request.kind} notice follows an incident; start with an alert")
    facts = read_facts(playbook, race, request.typed, request.kind)
    on, off = _channels(playbook, request.drill, services)
    incident_id = request.earlier.incident_id if request.earlier else incident_code(request)
    revision = request.earlier.revision if request.earlier else 1
    issued_at = (request.issued_at or services.now()).replace(second=0, microsecond=0)
    rule = bind(playbook.audience, facts, race)
    wording = services.content.freeze(
        playbook,
        request.kind,
        race,
        facts,
        IncidentContext(
            code=incident_id,
            page_url=services.links.page(incident_id),
            verify_url=services.links.verify(incident_id),
            revision=revision,
            issued_at=issued_at.isoformat(),
            decided_at=str(facts.get("decided_at", "")),
        ),
        drill=request.drill,
    )
    return Draft(
        incident_id=incident_id,
        revision=revision,
        kind=request.kind,
        playbook=playbook,
        race=race,
        facts=facts,
        issued_at=issued_at,
        wording=wording,
        renderer=Renderer(wording),
        selection=Selection(
            rule=rule,
            race=race,
            channels=on,
            languages=wording.languages,
            reach=_REACH.get(request.kind, Reach.RULE) if request.earlier else Reach.RULE,
            notices=request.earlier.notices if request.earlier else (),
        ),
        drill=request.drill,
        off=off,
    )


def approved_audience(draft: Draft, audience: str) -> str:
    """Return what a confirmation is bound to of the audience whose hash is ``audience``.

    Those who were told become more while messages leave: then it is the notices that told them.
    """
    if draft.selection.reach is Reach.TOLD:
        return sha256_of({"told by": draft.selection.notices})
    return audience


def incident_code(request: Request) -> str:
    """Return the public code of the incident that ``request`` would start.

    It follows from the request id, so that the preview already shows the real links.
    """
    return code_from(sha256(f"incident:{request.request_id}".encode()).digest())


def read_race(connection: Connection, race_id: str) -> Race:
    """Return the race called ``race_id``; raises ``Unknown``."""
    rows = connection.execute(select(RaceRow.id, RaceRow.document)).all()
    for row in rows:
        if row.id == race_id:
            return race_from_document(row.document)
    raise Unknown("race", race_id, [row.id for row in rows])


def _playbook(playbook_id: str, services: Services) -> Playbook:
    if playbook_id not in services.playbooks:
        raise Unknown("playbook", playbook_id, sorted(services.playbooks))
    return services.playbooks[playbook_id]


def _channels(
    playbook: Playbook, drill: bool, services: Services
) -> tuple[tuple[Channel, ...], dict[Channel, str]]:
    """The channels that can send, and the others with the reason. A drill needs no credentials."""
    off = {
        channel: services.channels[channel].detail
        for channel in playbook.channels
        if not drill and not services.channels[channel].on
    }
    on = tuple(channel for channel in playbook.channels if channel not in off)
    if not on:
        reasons = "; ".join(f"{channel}: {detail}" for channel, detail in off.items())
        raise NobodyAffected(f"every channel of {playbook.id} is off ({reasons})")
    return on, off
