"""Trigger: start an incident and send its first notice, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from notify.domain.delivery import Channel
from notify.domain.incident import IncidentStatus
from notify.store.deliveries import LaneRow, NoticeRow
from notify.store.engine import Conflict
from notify.store.incidents import IncidentRow
from notify.store.journal import Deed
from notify.usecases.compose import Draft, Request, compose
from notify.usecases.errors import AlreadyActive, RequestReused
from notify.usecases.launch import Confirmation, Launched, after_commit, write_notice
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Trigger:
    """Start ``request``: ``seen`` is the fingerprint confirmed, ``break_glass`` why alone."""

    request: Request
    actor: str
    seen: str | None = None
    break_glass: str | None = None


def trigger(command: Trigger, *, services: Services) -> Launched:
    """Start the incident, or return the one this very request already started.

    Raises what ``compose`` raises, ``AlreadyActive``, ``NobodyAffected`` and ``Changed``; then
    nothing was written. ``RequestReused`` says that its request id has sent something else.
    """
    try:
        with services.database.write(snapshot=True) as connection:
            if done := _already_started(connection, command):
                return done
            launched = _start(connection, command, services)
    except Conflict:
        # Somebody was first: the same request, or the same playbook on the same race.
        with services.database.read() as connection:
            if done := _already_started(connection, command):
                return done
            raise _already_active(connection, command.request) from None
    return after_commit(launched, services=services)


def _start(connection: Connection, command: Trigger, services: Services) -> Launched:
    _refuse_second(connection, command.request)
    draft = compose(command.request, connection=connection, services=services)
    deed = Deed(command.actor, services.now())
    connection.execute(
        insert(IncidentRow).values(
            id=draft.incident_id,
            race_id=draft.race.id,
            playbook_id=draft.playbook.id,
            playbook_hash=draft.playbook.source_hash,
            severity=draft.playbook.severity,
            status=IncidentStatus.ACTIVE,
            drill=draft.drill,
            revision=draft.revision,
            active_key=active_key(command.request),
            created_at=deed.at,
            created_by=deed.actor,
            promised_at=promised_at(draft),
        )
    )
    detail = {"break_glass": command.break_glass} if command.break_glass else {}
    confirmation = Confirmation(command.request.request_id, command.seen, detail)
    return write_notice(connection, draft, deed, confirmation)


def active_key(request: Request) -> str:
    """Return what only one active incident may have; drills do not stand in the way of the real."""
    return f"{'drill' if request.drill else 'live'}/{request.race_id}/{request.playbook_id}"


def promised_at(draft: Draft) -> datetime | None:
    """Return when the facts promise the next update."""
    promise = draft.facts.get(draft.playbook.promise or "")
    return datetime.fromisoformat(str(promise)) if promise else None


def _already_started(connection: Connection, command: Trigger) -> Launched | None:
    asked = command.request
    meant = {
        "race_id": asked.race_id,
        "playbook_id": asked.playbook_id,
        "kind": asked.kind,
        "drill": asked.drill,
    }
    return already_done(connection, asked.request_id, command.seen, meant)


def already_done(
    connection: Connection, request_id: str, seen: str | None, meant: Mapping[str, object]
) -> Launched | None:
    """Return the notice that ``request_id`` already launched, if it did.

    Raises ``RequestReused`` if that notice is not what was ``meant`` or not the one ``seen``: who
    goes back, changes something and confirms must not be told that it was sent.
    """
    notice = connection.execute(
        select(
            NoticeRow.id,
            NoticeRow.incident_id,
            NoticeRow.revision,
            NoticeRow.created_at,
            NoticeRow.published_at,
            NoticeRow.kind,
            NoticeRow.drill,
            NoticeRow.fingerprint,
            IncidentRow.race_id,
            IncidentRow.playbook_id,
        )
        .join(IncidentRow, IncidentRow.id == NoticeRow.incident_id)
        .where(NoticeRow.request_id == request_id)
    ).first()
    if notice is None:
        return None
    other = any(getattr(notice, name) != value for name, value in meant.items())
    if other or seen not in (None, notice.fingerprint):
        raise RequestReused(notice.incident_id)
    lanes = connection.execute(
        select(LaneRow.channel, LaneRow.size).where(LaneRow.notice_id == notice.id)
    )
    return Launched(
        incident_id=notice.incident_id,
        notice_id=notice.id,
        revision=notice.revision,
        deliveries={Channel(channel): size for channel, size in lanes},
        committed_at=notice.created_at,
        published_at=notice.published_at,
        repeated=True,
    )


def _refuse_second(connection: Connection, request: Request) -> None:
    active = select(IncidentRow.id).where(IncidentRow.active_key == active_key(request))
    if incident := connection.execute(active).scalar():
        raise AlreadyActive(incident)


def _already_active(connection: Connection, request: Request) -> AlreadyActive:
    active = select(IncidentRow.id).where(IncidentRow.active_key == active_key(request))
    return AlreadyActive(connection.execute(active).scalar() or "?")
