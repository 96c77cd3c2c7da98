"""List races: which there are, and how many people are registered for each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from notify.domain.race import Race, race_from_document
from notify.store.races import RaceRow, RegistrantRow
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class ListedRace:
    """A race and how many registrants it has."""

    race: Race
    registrants: int


def list_races(*, services: Services) -> tuple[ListedRace, ...]:
    """Return every race, the one that starts first before the others."""
    counted = (
        select(RegistrantRow.race_id, func.count().label("registrants"))
        .group_by(RegistrantRow.race_id)
        .subquery()
    )
    query = select(RaceRow.document, func.coalesce(counted.c.registrants, 0)).outerjoin(
        counted, counted.c.race_id == RaceRow.id
    )
    with services.database.read() as connection:
        rows = connection.execute(query).all()
    races = [ListedRace(race_from_document(document), count) for document, count in rows]
    return tuple(sorted(races, key=lambda listed: (listed.race.starts_at, listed.race.id)))
