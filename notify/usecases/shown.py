"""What everybody sees: active incidents for the banner, FAQ entries, one incident's public page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from notify.domain.incident import IncidentStatus, Severity
from notify.domain.notice import Surface
from notify.domain.race import Race, race_from_document
from notify.store.deliveries import NoticeRow
from notify.store.incidents import IncidentRow, RevisionRow
from notify.store.journal import read_shown
from notify.store.races import RaceRow
from notify.usecases.errors import Unknown
from notify.usecases.services import Services

_LOUDNESS = list(Severity)


@dataclass(frozen=True)
class Shown:
    """One incident as it is shown: the texts of its current revision, by language and surface.

    ``since`` is when the incident began, ``changed_at`` when the current revision was written;
    ``revisions`` are (number, kind, time) of all of them, oldest first.
    """

    incident_id: str
    race: Race
    playbook_id: str
    severity: str
    status: str
    drill: bool
    revision: int
    kind: str
    since: datetime
    changed_at: datetime
    promised_at: datetime | None
    resolved_at: datetime | None
    published: bool
    texts: Mapping[str, Mapping[Surface, str]]
    revisions: tuple[tuple[int, str, datetime], ...]

    @property
    def active(self) -> bool:
        """Whether the incident is still going on."""
        return self.status == IncidentStatus.ACTIVE


def shown(incident_id: str, *, services: Services) -> Shown:
    """Return what the incident shows now; raises ``Unknown``."""
    with services.database.read() as connection:
        row = connection.execute(
            select(IncidentRow.__table__).where(IncidentRow.id == incident_id)
        ).first()
        if row is None:
            raise Unknown("incident", incident_id)
        return _shown(connection, row)


def all_shown(*, services: Services, active_only: bool, drills: bool = True) -> tuple[Shown, ...]:
    """Return every incident (or the active ones), the loudest first, then the newest."""
    query = select(IncidentRow.__table__).order_by(IncidentRow.created_at.desc())
    if active_only:
        query = query.where(IncidentRow.status == IncidentStatus.ACTIVE)
    if not drills:
        query = query.where(IncidentRow.drill.is_(False))
    with services.database.read() as connection:
        found = [_shown(connection, row) for row in connection.execute(query).all()]
    return tuple(sorted(found, key=lambda item: -_LOUDNESS.index(Severity(item.severity))))


def shown_version(*, services: Services) -> str:
    """Return a text that changes whenever what the banner shows may have changed."""
    query = (
        select(IncidentRow.id, IncidentRow.revision)
        .where(IncidentRow.status == IncidentStatus.ACTIVE)
        .order_by(IncidentRow.id)
    )
    with services.database.read() as connection:
        return " ".join(f"{code}.{revision}" for code, revision in connection.execute(query))


def _shown(connection: Connection, incident: Row[*tuple[Any, ...]]) -> Shown:
    document = connection.execute(
        select(RaceRow.document).where(RaceRow.id == incident.race_id)
    ).scalar_one()
    revisions = connection.execute(
        select(RevisionRow.number, RevisionRow.kind, RevisionRow.created_at)
        .where(RevisionRow.incident_id == incident.id)
        .order_by(RevisionRow.number)
    ).all()
    unpublished = connection.execute(
        select(NoticeRow.id).where(
            NoticeRow.incident_id == incident.id,
            NoticeRow.revision == incident.revision,
            NoticeRow.published_at.is_(None),
        )
    ).first()
    return Shown(
        incident_id=incident.id,
        race=race_from_document(document),
        playbook_id=incident.playbook_id,
        severity=incident.severity,
        status=incident.status,
        drill=incident.drill,
        revision=incident.revision,
        kind=revisions[-1].kind,
        since=incident.created_at,
        changed_at=revisions[-1].created_at,
        promised_at=incident.promised_at,
        resolved_at=incident.resolved_at,
        published=unpublished is None,
        texts=read_shown(connection, incident_id=incident.id),
        revisions=tuple((row.number, row.kind, row.created_at) for row in revisions),
    )
