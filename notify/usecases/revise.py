"""Update, correct, give the all-clear: a new revision that every surface follows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from notify.domain.facts import Typed
from notify.domain.incident import IncidentStatus
from notify.domain.notice import FOLLOWING_KINDS, NoticeKind
from notify.store.audience import notices_of
from notify.store.engine import Conflict
from notify.store.incidents import IncidentRow, RevisionRow
from notify.store.journal import Deed, move_incident, supersede
from notify.usecases.compose import Earlier, Request, compose
from notify.usecases.errors import NotAllowed, Unknown
from notify.usecases.launch import Confirmation, Launched, after_commit, write_notice
from notify.usecases.services import Services
from notify.usecases.trigger import already_done, promised_at

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Revise:
    """Follow an incident with a notice of ``kind``.

    ``typed`` holds the facts that change; the others stay as they are. An empty text takes an
    optional fact back.
    """

    incident_id: str
    kind: NoticeKind
    typed: Typed
    request_id: str
    actor: str
    seen: str | None = None
    issued_at: datetime | None = None


def following_request(connection: Connection, command: Revise, *, lock: bool = False) -> Request:
    """Return the full request of a later notice: the incident's facts with the changes on top.

    ``lock`` keeps everybody else from revising until the transaction ends; a preview, which only
    reads, does without. Raises ``Unknown`` and ``NotAllowed``.
    """
    if command.kind not in FOLLOWING_KINDS:
        raise NotAllowed(f"a {command.kind} notice starts an incident, it does not follow one")
    incident = _active(connection, command.incident_id, lock=lock)
    facts: dict[str, Any] = connection.execute(
        select(RevisionRow.facts).where(
            RevisionRow.incident_id == incident.id, RevisionRow.number == incident.revision
        )
    ).scalar_one()
    return Request(
        playbook_id=incident.playbook_id,
        race_id=incident.race_id,
        typed={**facts, **command.typed},
        request_id=command.request_id,
        kind=command.kind,
        drill=incident.drill,
        issued_at=command.issued_at,
        earlier=Earlier(
            incident_id=incident.id,
            revision=incident.revision + 1,
            notices=tuple(connection.execute(notices_of(incident.id)).scalars()),
        ),
    )


def revise(command: Revise, *, services: Services) -> Launched:
    """Write the next revision and its notice; withdraw what has not left of the earlier ones.

    An all-clear also resolves the incident. Raises what ``compose`` raises, ``Unknown``,
    ``NotAllowed``, ``NobodyAffected``, ``Changed`` and ``RequestReused``; then nothing was written.
    """
    for _ in range(_TRIES):
        with suppress(Conflict):
            return _revise(command, services)
    raise NotAllowed("somebody else revised this incident just now; look at it again")


def _revise(command: Revise, services: Services) -> Launched:
    # Not of one snapshot: deliveries change under us while workers send, and that is no conflict.
    # The order of locks makes it sound: the incident, then its lanes, then who was told is read.
    with services.database.write() as connection:
        meant = {"incident_id": command.incident_id, "kind": command.kind}
        if done := already_done(connection, command.request_id, command.seen, meant):
            return done
        launched = _follow(connection, command, services)
    return after_commit(launched, services=services)


def _follow(connection: Connection, command: Revise, services: Services) -> Launched:
    request = following_request(connection, command, lock=True)
    draft = compose(request, connection=connection, services=services)
    deed = Deed(command.actor, services.now())
    withdrawn = supersede(connection, notice_ids=draft.selection.notices, at=deed.at)
    confirmation = Confirmation(command.request_id, command.seen, {"withdrawn": str(withdrawn)})
    launched = write_notice(connection, draft, deed, confirmation)
    if command.kind is NoticeKind.ALL_CLEAR:
        move_incident(
            connection, incident_id=draft.incident_id, to=IncidentStatus.RESOLVED, at=deed.at
        )
    else:
        connection.execute(
            update(IncidentRow)
            .where(IncidentRow.id == draft.incident_id)
            .values(promised_at=promised_at(draft))
        )
    return launched


def _active(connection: Connection, incident_id: str, *, lock: bool) -> Row[*tuple[Any, ...]]:
    query = select(IncidentRow.__table__).where(IncidentRow.id == incident_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise Unknown("incident", incident_id)
    if row.status != IncidentStatus.ACTIVE:
        raise NotAllowed(f"incident {incident_id} is {row.status}; only an active one can change")
    return row
