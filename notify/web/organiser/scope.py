"""What the person who is signed in may see: one race, or all of them.

What they may not see does not exist for them: the answer is the same as for a wrong address.
"""

from __future__ import annotations

from flask_login import current_user

from notify.domain.race import Race
from notify.usecases.compose import read_race
from notify.usecases.errors import Unknown
from notify.usecases.list_races import ListedRace, list_races
from notify.usecases.shown import Shown, shown
from notify.web.context import services


def races_in_scope() -> tuple[ListedRace, ...]:
    """Return the races of the person who is signed in."""
    listed = list_races(services=services())
    return tuple(item for item in listed if current_user.may_see(item.race.id))


def race_in_scope(race_id: str) -> Race:
    """Return the race; raises ``Unknown``."""
    if not current_user.may_see(race_id):
        raise Unknown("race", race_id)
    with services().database.read() as connection:
        return read_race(connection, race_id)


def incident_in_scope(code: str) -> Shown:
    """Return what an incident shows; raises ``Unknown``."""
    found = shown(code, services=services())
    if not current_user.may_see(found.race.id):
        raise Unknown("incident", code)
    return found
