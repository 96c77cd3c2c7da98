"""Signs of life: our own processes say that they are alive, and anybody may ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update

from notify.store.people import HeartbeatRow
from notify.usecases.services import Services

DEAD_AFTER = timedelta(seconds=30)
"""Silence after which a process counts as dead."""


def beat(kind: str, *, services: Services) -> None:
    """Say that this process, which is a ``kind`` (``clock``), is alive."""
    name = f"{kind}@{services.worker_name}"
    now = services.now()
    with services.database.write() as connection:
        known = connection.execute(
            update(HeartbeatRow).where(HeartbeatRow.name == name).values(beat_at=now)
        )
        if not known.rowcount:
            connection.execute(insert(HeartbeatRow).values(name=name, kind=kind, beat_at=now))


def last_beat(kind: str, *, services: Services) -> datetime | None:
    """Return when a process of this kind was last heard of."""
    query = select(func.max(HeartbeatRow.beat_at)).where(HeartbeatRow.kind == kind)
    with services.database.read() as connection:
        return connection.execute(query).scalar()
