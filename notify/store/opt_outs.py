"""Opt-outs: whose address a delivery went to, and taking an opt-out back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from notify.domain.delivery import Channel
from notify.store.deliveries import DeliveryRow, ReceiptRow
from notify.store.races import SuppressionRow
from notify.store.receipts import Target, of_incident

OPTED_OUT = "opted_out"

_NO_DELIVERY = 0


def address_of(connection: Connection, target: Target) -> str | None:
    """Return the address that a delivery went to, ``None`` if there is no such delivery."""
    query = select(DeliveryRow.address).where(
        DeliveryRow.id == target.delivery_id, of_incident(target)
    )
    return connection.execute(query).scalar()


def lift(connection: Connection, *, channel: Channel, address: str) -> bool:
    """Take an opt-out back; a dead address stays dead. Returns whether there was one."""
    lifted = connection.execute(
        delete(SuppressionRow).where(
            SuppressionRow.channel == channel,
            SuppressionRow.address == address,
            SuppressionRow.reason == OPTED_OUT,
        )
    )
    return lifted.rowcount > 0


def first_time(connection: Connection, *, message_id: str, status: str, at: datetime) -> bool:
    """Remember a message that came in, without what it says; ``False`` if it came before."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(ReceiptRow)
    kept = connection.execute(
        insert.values(
            channel=Channel.SMS,
            delivery_id=_NO_DELIVERY,
            provider_id=message_id,
            status=status,
            event=f"{message_id}:inbound",
            received_at=at,
            folded_at=at,
        )
        .on_conflict_do_nothing(index_elements=["event"])
        .returning(ReceiptRow.id)
    )
    return kept.first() is not None
