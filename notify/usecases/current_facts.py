"""Current facts: what the newest revision of an incident says, to be shown or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from notify.store.incidents import IncidentRow, RevisionRow
from notify.usecases.errors import Unknown
from notify.usecases.services import Services


def current_facts(incident_id: str, *, services: Services) -> Mapping[str, Any]:
    """Return the facts of the incident's current revision; raises ``Unknown``."""
    query = (
        select(RevisionRow.facts)
        .join(IncidentRow, IncidentRow.id == RevisionRow.incident_id)
        .where(IncidentRow.id == incident_id, RevisionRow.number == IncidentRow.revision)
    )
    with services.database.read() as connection:
        facts: dict[str, Any] | None = connection.execute(query).scalar()
    if facts is None:
        raise Unknown("incident", incident_id)
    return facts
