"""Races and their registrants: tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notify.store.base import Base


class RaceRow(Base):
    """One race; ``document`` is the validated race file as JSON."""

    __tablename__ = "race"

    id: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RegistrantRow(Base):
    """One person in one race. ``language`` is empty when the person never said."""

    __tablename__ = "registrant"

    id: Mapped[int] = mapped_column(primary_key=True)
    race_id: Mapped[str] = mapped_column(ForeignKey("race.id"))
    registration_id: Mapped[str]
    bib: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    country: Mapped[str]
    course: Mapped[str]
    wave: Mapped[str]
    language: Mapped[str | None]
    status: Mapped[str]
    finished_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("race_id", "registration_id"),
        Index("ix_registrant_race_id_bib", "race_id", "bib"),
    )


class PushTokenRow(Base):
    """One app installation of a registrant."""

    __tablename__ = "push_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id", ondelete="CASCADE"))
    token: Mapped[str]

    __table_args__ = (UniqueConstraint("registrant_id", "token"),)


class PaymentAttemptRow(Base):
    """One attempt to pay an entry fee."""

    __tablename__ = "payment_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(ForeignKey("registrant.id", ondelete="CASCADE"))
    attempted_at: Mapped[datetime]
    result: Mapped[str]

    __table_args__ = (UniqueConstraint("registrant_id", "attempted_at"),)


class SuppressionRow(Base):
    """An address that must not be written to on a channel, and why (opted_out, dead)."""

    __tablename__ = "suppression"

    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    created_at: Mapped[datetime]
