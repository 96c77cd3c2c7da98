"""Receive: keep a provider's receipt and fold it into the delivery, whatever order they come in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notify.domain.delivery import Channel, DeliveryStatus, fold_receipt
from notify.ports import Receipt
from notify.store.receipts import Reported, Target, fold, is_ours, keep
from notify.usecases.services import Services

_ROW_ID = re.compile("[0-9]{1,18}")
"""No longer than a 64-bit key."""

BAD_NEWS = frozenset({DeliveryStatus.UNDELIVERED, DeliveryStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a receipt.

    ``known`` is whether its delivery exists, ``new`` whether this event was seen for the first
    time, ``folded`` whether it changed the delivery's status.
    """

    known: bool
    new: bool
    folded: bool


def receive(receipt: Receipt, *, services: Services) -> Received:
    """Keep ``receipt`` and fold it, in one transaction; a repeated one changes nothing.

    Late, repeated, out-of-order and early receipts (before our own outcome is written) are ordinary
    input. Bad news of an attempt that has been followed by another says nothing of the newer one.
    """
    target = target_of(receipt.delivery, receipt.channel)
    if target is None:
        return Received(known=False, new=False, folded=False)
    reported = Reported(receipt.status, receipt.provider_id, receipt.event, receipt.error_code)
    at = services.now()
    with services.database.write() as connection:
        known = is_ours(connection, target)
        new = keep(connection, target, reported, at=at, known=known)
        folded = (known and new) and fold(
            connection,
            target,
            reported,
            at=at,
            instead_of=statuses_before(receipt.status),
            newest_attempt=receipt.attempt if receipt.status in BAD_NEWS else None,
        )
    return Received(known, new, folded)


def statuses_before(reported: DeliveryStatus) -> tuple[DeliveryStatus, ...]:
    """Return the statuses that a receipt saying ``reported`` changes."""
    return tuple(now for now in DeliveryStatus if fold_receipt(now, reported) is not now)


def target_of(delivery: str, channel: Channel) -> Target | None:
    """Return what a key ``<incident code>-<delivery row id>`` names, ``None`` for anything else."""
    incident_id, _dash, row_id = delivery.rpartition("-")
    if not incident_id or not _ROW_ID.fullmatch(row_id):
        return None
    return Target(incident_id, int(row_id), channel)
