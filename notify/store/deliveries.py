"""Notices, their recipients, lanes, deliveries and receipts: tables.

A *lane* is one notice on one channel; its deliveries are numbered by ``position``, soonest wave
first. The claim walks the lane with ``cursor`` under a lock on the lane's row, so it reads each
row once and needs no index on ``status``: on PostgreSQL that keeps every status change a HOT
update, on both databases it keeps the claim as cheap at 300,000 rows as at 300. What has to be
looked at again is written down beside, in ``later``, and what is in hand, in ``claim``.

Recipients and deliveries carry no foreign keys: they are written only by ``INSERT … SELECT`` from
the very rows they point at, and a check per row would double the cost of planning.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notify.store.base import Base


class NoticeRow(Base):
    """What is sent for one revision. ``wording`` is frozen: sources and facts, hashed.

    ``hold_doubtful`` leaves what may have arrived to a person instead of sending it again.
    ``published_at`` is empty until FAQ, page and banner of the revision were read back: until then
    no delivery may be claimed. ``held_at`` is set while the notice is stopped. ``request_id`` comes
    with the form: pressing twice finds the first notice.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    revision: Mapped[int]
    request_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    drill: Mapped[bool]
    priority: Mapped[int]
    hold_doubtful: Mapped[bool] = mapped_column(default=False)
    wording: Mapped[dict[str, Any]]
    wording_hash: Mapped[str]
    audience_hash: Mapped[str]
    fingerprint: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]


class RecipientRow(Base):
    """One person of the race in the audience snapshot of a notice, told or left out.

    ``left_out`` holds the reason of those who are not told. Names and addresses are copied, so
    that what is sent is what was approved, whatever is imported meanwhile.
    """

    __tablename__ = "recipient"

    notice_id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(primary_key=True)
    left_out: Mapped[str | None]
    group_id: Mapped[str | None]
    rank: Mapped[int]
    language: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    bib: Mapped[str]
    course: Mapped[str]
    wave: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]


class LaneRow(Base):
    """One notice on one channel.

    ``cursor`` is the first position not yet claimed; it only moves forward. Nothing of the lane
    leaves before ``due_at``.
    """

    __tablename__ = "lane"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[str]
    size: Mapped[int]
    cursor: Mapped[int]
    due_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("notice_id", "channel"),)


class DeliveryRow(Base):
    """One notice to one address on one channel: the truth about one message.

    ``fence`` grows with every claim; whoever writes an outcome must name the fence it holds.
    ``resent`` counts the times it was sent again although the first may have arrived.
    """

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    lane_id: Mapped[int]
    position: Mapped[int]
    registrant_id: Mapped[int] = mapped_column(index=True)
    address: Mapped[str]
    status: Mapped[str]
    attempt: Mapped[int]
    fence: Mapped[int]
    resent: Mapped[int] = mapped_column(default=0)
    claim_id: Mapped[int | None]
    lease_until: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    error_code: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("lane_id", "position"),
        UniqueConstraint("lane_id", "address"),
        # Room on each page for the three updates in a message's life to stay on it (HOT).
        {"postgresql_with": {"fillfactor": "65"}},
    )


class ClaimRow(Base):
    """Deliveries of a lane that a worker has in hand; gone when every outcome of it is written.

    One that outlives ``lease_until`` was left by a worker that is no more: those of its deliveries
    that still are ``sending`` (all lie between ``low`` and ``high``) are in doubt.
    """

    __tablename__ = "claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    lane_id: Mapped[int]
    low: Mapped[int]
    high: Mapped[int]
    owner: Mapped[str]
    lease_until: Mapped[datetime] = mapped_column(index=True)


class LaterRow(Base):
    """A delivery somebody must come back to at ``due_at``: few, so they may have an index.

    ``kind`` is ``retry`` (planned again: certainly not sent) or ``doubt`` (ambiguous: ask the
    provider). ``since`` is when the attempt in doubt began, ``misses`` how often the provider did
    not know it. An empty ``due_at`` leaves it to a person.
    """

    __tablename__ = "later"

    delivery_id: Mapped[int] = mapped_column(primary_key=True)
    lane_id: Mapped[int] = mapped_column(index=True)
    channel: Mapped[str]
    kind: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    since: Mapped[datetime | None]
    misses: Mapped[int]


class SharedDeliveryRow(Base):
    """Another person who is told by the same message: a family on one phone."""

    __tablename__ = "shared_delivery"

    delivery_id: Mapped[int] = mapped_column(primary_key=True)
    registrant_id: Mapped[int] = mapped_column(primary_key=True, index=True)


class ReceiptRow(Base):
    """What a provider reported, as it came; ``event`` is unique, so a repeat changes nothing."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    delivery_id: Mapped[int] = mapped_column(index=True)
    provider_id: Mapped[str]
    status: Mapped[str]
    event: Mapped[str] = mapped_column(unique=True)
    error_code: Mapped[str | None]
    received_at: Mapped[datetime]
    folded_at: Mapped[datetime | None]
