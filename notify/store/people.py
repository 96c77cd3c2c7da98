"""People who sign in, and the signs of life of our own processes: tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from notify.store.base import Base


class UserRow(Base):
    """Somebody who may sign in. ``race_id`` limits an organiser or agent to one race."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    race_id: Mapped[str | None] = mapped_column(ForeignKey("race.id"))
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class HeartbeatRow(Base):
    """When a worker or the clock last said that it is alive."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    beat_at: Mapped[datetime]
