"""List past incidents: the last ones that are over, in short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from notify.domain.incident import IncidentStatus
from notify.domain.race import Race, race_from_document
from notify.store.incidents import IncidentRow
from notify.store.races import RaceRow
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that is over; ``over_at`` is when it was resolved."""

    incident_id: str
    playbook_id: str
    race: Race
    drill: bool
    revision: int
    since: datetime
    over_at: datetime | None


def list_past(
    *, services: Services, race_id: str | None = None, limit: int = 10
) -> tuple[PastIncident, ...]:
    """Return the newest ``limit`` incidents that are over, of one race or of all."""
    query = (
        select(
            IncidentRow.id,
            IncidentRow.playbook_id,
            IncidentRow.drill,
            IncidentRow.revision,
            IncidentRow.created_at,
            IncidentRow.resolved_at,
            RaceRow.document,
        )
        .join(RaceRow, RaceRow.id == IncidentRow.race_id)
        .where(IncidentRow.status != IncidentStatus.ACTIVE)
        .order_by(IncidentRow.created_at.desc())
        .limit(limit)
    )
    if race_id is not None:
        query = query.where(IncidentRow.race_id == race_id)
    with services.database.read() as connection:
        rows = connection.execute(query).all()
    return tuple(
        PastIncident(
            incident_id=row.id,
            playbook_id=row.playbook_id,
            race=race_from_document(row.document),
            drill=row.drill,
            revision=row.revision,
            since=row.created_at,
            over_at=row.resolved_at,
        )
        for row in rows
    )
