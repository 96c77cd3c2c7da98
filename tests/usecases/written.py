"""What tests of triggering ask: how many rows there are, and a family to write them for."""

from __future__ import annotations

from sqlalchemy import func, select

from notify.store.schema import metadata
from tests.usecases.scene import Runner, Scene, phone, register


def sizes(scene: Scene) -> dict[str, int]:
    """Return the number of rows of every table that is not empty."""
    with scene.database.read() as connection:
        counts = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


def family(scene: Scene) -> list[int]:
    """Write three people, two of them on one phone."""
    return register(
        scene.database,
        Runner(phone=phone(1)),
        Runner(phone=phone(1)),
        Runner(phone=phone(2), email="two@example.org", tokens=("t2",)),
    )
