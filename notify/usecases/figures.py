"""Figures: how many deliveries and incidents there are, and who is silent; nobody's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow
from notify.store.incidents import IncidentRow
from notify.store.people import HeartbeatRow
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by labels.

    ``deliveries`` by channel and status, of notices that have not expired; ``incidents`` by status
    and drill; ``silence`` in seconds since the youngest heartbeat of each kind of process.
    """

    deliveries: Mapping[tuple[str, str], int]
    incidents: Mapping[tuple[str, str], int]
    silence: Mapping[tuple[str], float]


def figures(*, services: Services) -> Figures:
    """Return the figures of this moment."""
    now = services.now()
    deliveries = (
        select(LaneRow.channel, DeliveryRow.status, func.count())
        .join(DeliveryRow, DeliveryRow.lane_id == LaneRow.id)
        .join(NoticeRow, NoticeRow.id == LaneRow.notice_id)
        .where(NoticeRow.expires_at > now)
        .group_by(LaneRow.channel, DeliveryRow.status)
    )
    incidents = select(IncidentRow.status, IncidentRow.drill, func.count()).group_by(
        IncidentRow.status, IncidentRow.drill
    )
    beats = select(HeartbeatRow.kind, func.max(HeartbeatRow.beat_at)).group_by(HeartbeatRow.kind)
    with services.database.read() as connection:
        return Figures(
            deliveries={(c, s): n for c, s, n in connection.execute(deliveries)},
            incidents={(s, str(d).lower()): n for s, d, n in connection.execute(incidents)},
            silence={
                (kind,): max(0.0, (now - beat_at).total_seconds())
                for kind, beat_at in connection.execute(beats)
            },
        )
