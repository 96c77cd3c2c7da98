"""Incidents, their revisions and what each revision shows: tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from notify.store.base import Base


class IncidentRow(Base):
    """One playbook running on one race.

    ``id`` is the public code in every link. ``active_key`` is ``race/playbook`` while the incident
    is active and empty afterwards: its uniqueness is what keeps two organisers from starting the
    same thing twice. ``promised_at`` is when the next update was promised for.
    """

    __tablename__ = "incident"

    id: Mapped[str] = mapped_column(primary_key=True)
    race_id: Mapped[str] = mapped_column(ForeignKey("race.id"), index=True)
    playbook_id: Mapped[str]
    playbook_hash: Mapped[str]
    severity: Mapped[str]
    status: Mapped[str]
    drill: Mapped[bool]
    revision: Mapped[int]
    active_key: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    promised_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]


class RevisionRow(Base):
    """The facts of an incident at one number; never changed, only followed."""

    __tablename__ = "revision"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ShownRow(Base):
    """The text of one surface (FAQ, banner, page, scripts) of one revision in one language."""

    __tablename__ = "shown"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    surface: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class AuditRow(Base):
    """Who did what, when; written in the transaction of the deed."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"), index=True)
    detail: Mapped[dict[str, Any]]
