"""Writing a draft as a notice, and what follows its commit: the one path of every notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, update

from notify.domain.delivery import Channel
from notify.domain.notice import audience_hash, fingerprint
from notify.domain.playbook import WhenUncertain
from notify.logs import logger
from notify.store.deliveries import NoticeRow
from notify.store.journal import Deed, add_revision, audit, write_shown
from notify.store.planning import plan, planned
from notify.usecases.compose import Draft, approved_audience
from notify.usecases.errors import Changed, NobodyAffected, NotPublished
from notify.usecases.publish import publish
from notify.usecases.services import Services

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Launched:
    """A committed notice. ``repeated`` says that the same request had been carried out before."""

    incident_id: str
    notice_id: int
    revision: int
    deliveries: dict[Channel, int]
    committed_at: datetime
    published_at: datetime | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the organiser confirmed: ``seen`` is the fingerprint of the preview they looked at."""

    request_id: str
    seen: str | None
    detail: dict[str, str]


def write_notice(
    connection: Connection, draft: Draft, deed: Deed, confirmation: Confirmation
) -> Launched:
    """Write revision, surfaces, notice, recipients, deliveries and audit of ``draft``.

    Raises ``NobodyAffected`` for an empty audience and ``Changed`` when the fingerprint is not the
    one that was confirmed; the caller's transaction then takes everything back.
    """
    incident_id, kind = draft.incident_id, draft.kind
    add_revision(
        connection,
        deed,
        incident_id=incident_id,
        number=draft.revision,
        kind=kind,
        facts=draft.facts,
    )
    shown = {language: draft.renderer.shown(language) for language in draft.wording.languages}
    write_shown(connection, incident_id=incident_id, revision=draft.revision, shown=shown)
    notice_id = connection.execute(
        insert(NoticeRow)
        .values(
            incident_id=incident_id,
            revision=draft.revision,
            request_id=confirmation.request_id,
            kind=kind,
            drill=draft.drill,
            priority=draft.playbook.priority,
            hold_doubtful=draft.playbook.when_uncertain is WhenUncertain.HOLD,
            wording=draft.wording.to_json(),
            wording_hash=draft.wording.hash,
            audience_hash="",
            fingerprint="",
            created_at=deed.at,
            expires_at=deed.at + draft.playbook.expires_after,
        )
        .returning(NoticeRow.id)
    ).scalar_one()
    deliveries = plan(connection, notice_id=notice_id, selection=draft.selection, at=deed.at)
    if not deliveries and not draft.may_tell_nobody:
        raise NobodyAffected("nobody who can be reached is affected by these facts")
    _seal(connection, notice_id, draft, confirmation.seen)
    audit(
        connection,
        deed,
        f"notice.{kind}",
        incident_id=incident_id,
        detail={
            "notice": notice_id,
            "revision": draft.revision,
            "drill": draft.drill,
            "deliveries": {str(channel): size for channel, size in deliveries.items()},
            **confirmation.detail,
        },
    )
    return Launched(incident_id, notice_id, draft.revision, deliveries, deed.at)


def _seal(connection: Connection, notice_id: int, draft: Draft, seen: str | None) -> None:
    """Bind the notice to the audience just written, and compare with what was confirmed."""
    audience = audience_hash(planned(connection, notice_id))
    print_ = fingerprint(draft.facts, draft.wording.hash, approved_audience(draft, audience))
    if seen is not None and seen != print_:
        raise Changed("facts, wording or audience changed since the preview; look at the new one")
    connection.execute(
        update(NoticeRow)
        .where(NoticeRow.id == notice_id)
        .values(audience_hash=audience, fingerprint=print_)
    )


def after_commit(launched: Launched, *, services: Services) -> Launched:
    """Open the publish gate, tell open pages, ring the workers; none of it can undo the notice."""
    try:
        publish(launched.notice_id, services=services)
    except NotPublished as error:
        # The sweep tries again; nothing may leave until a surface reads back.
        log.warning("notice.not_published", notice=launched.notice_id, reason=str(error))
        return launched
    services.bell.announce("incidents")
    services.bell.ring(list(launched.deliveries))
    return Launched(
        launched.incident_id,
        launched.notice_id,
        launched.revision,
        launched.deliveries,
        launched.committed_at,
        published_at=services.now(),
        repeated=launched.repeated,
    )
