"""The life of a delivery: its statuses, the moves allowed between them, and how receipts fold in.

The row is the truth. Every change of status is one conditional UPDATE whose WHERE list comes from
``allowed_from``; receipts may come late, twice, out of order or before our own write, so they are
folded by ``fold_receipt``, a total function, and never by the order of their arrival.
"""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    PUSH = "push"
    EMAIL = "email"


class DeliveryStatus(StrEnum):
    """Where one notice to one address on one channel stands."""

    PLANNED = "planned"
    LEASED = "leased"
    SENDING = "sending"
    AMBIGUOUS = "ambiguous"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


S = DeliveryStatus

RANK: dict[DeliveryStatus, int] = {
    S.PLANNED: 0,
    S.LEASED: 1,
    S.SENDING: 2,
    S.AMBIGUOUS: 3,
    S.ACCEPTED: 4,
    S.SENT: 5,
    S.UNDELIVERED: 6,
    S.FAILED: 6,
    S.SUPPRESSED: 6,
    S.CANCELLED: 6,
    S.EXPIRED: 6,
    S.DELIVERED: 7,
}
"""The lattice: a receipt may only raise a delivery's rank."""

ALLOWED: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    S.PLANNED: frozenset({S.LEASED, S.SENDING, S.SUPPRESSED, S.CANCELLED, S.EXPIRED}),
    # A lease that was not used is given back.
    S.LEASED: frozenset({S.PLANNED, S.SENDING, S.SUPPRESSED, S.CANCELLED, S.EXPIRED}),
    # Back to planned only when the request certainly did not leave (throttled, connect refused).
    S.SENDING: frozenset(
        {S.PLANNED, S.AMBIGUOUS, S.ACCEPTED, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED}
    ),
    # Back to planned only when the provider, asked twice, does not know it: a counted resend.
    S.AMBIGUOUS: frozenset(
        {
            S.PLANNED,
            S.ACCEPTED,
            S.SENT,
            S.DELIVERED,
            S.UNDELIVERED,
            S.FAILED,
            S.CANCELLED,
            S.EXPIRED,
        }
    ),
    S.ACCEPTED: frozenset({S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED}),
    S.SENT: frozenset({S.DELIVERED, S.UNDELIVERED, S.FAILED}),
    # A provider may correct itself: the phone came back into coverage.
    S.UNDELIVERED: frozenset({S.DELIVERED}),
    S.DELIVERED: frozenset(),
    S.FAILED: frozenset(),
    S.SUPPRESSED: frozenset(),
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset(),
}

OPEN = frozenset({S.PLANNED, S.LEASED, S.SENDING, S.AMBIGUOUS})
"""Not yet handed over: somebody still has to act."""

HANDED_OVER = frozenset({S.ACCEPTED, S.SENT, S.DELIVERED, S.UNDELIVERED})
"""The provider took the message: a correction must go to exactly these."""

REACHED = frozenset({S.ACCEPTED, S.SENT, S.DELIVERED})
"""Counts as reaching the person, as far as anybody knows yet."""

RECEIPT_STATUSES = frozenset({S.ACCEPTED, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED})
"""What a provider's receipt may say about a message."""


def allowed_from(target: DeliveryStatus) -> frozenset[DeliveryStatus]:
    """Return the statuses a delivery may have just before it becomes ``target``."""
    return frozenset(status for status, following in ALLOWED.items() if target in following)


def fold_receipt(current: DeliveryStatus, reported: DeliveryStatus) -> DeliveryStatus:
    """Return the status after a receipt saying ``reported``; defined for every pair.

    A receipt proves the message left, so it overrides any status before the hand-over, ``planned``
    included (a resend was pending, or the row was restored from a backup). Statuses that say *we*
    did not send (suppressed, cancelled, expired) give way too: the provider knows better.
    """
    if reported not in RECEIPT_STATUSES:
        return current
    if current in {S.SUPPRESSED, S.CANCELLED, S.EXPIRED}:
        return reported
    return reported if RANK[reported] > RANK[current] else current
