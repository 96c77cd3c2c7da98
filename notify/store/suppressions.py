"""Addresses that must not be written to, and app tokens that lead nowhere any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from notify.domain.delivery import Channel
from notify.store.races import PushTokenRow, SuppressionRow


def suppress(
    connection: Connection, *, channel: Channel, address: str, reason: str, at: datetime
) -> None:
    """Never write to ``address`` on ``channel`` again; a second time changes nothing."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(SuppressionRow)
    values = {"channel": channel, "address": address, "reason": reason, "created_at": at}
    connection.execute(insert.values(values).on_conflict_do_nothing())


def forget_token(connection: Connection, *, token: str) -> None:
    """Drop a push token whose app is gone."""
    connection.execute(delete(PushTokenRow).where(PushTokenRow.token == token))
