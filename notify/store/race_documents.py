"""The race file as it is kept in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from notify.store.races import RaceRow


def document_for_change(connection: Connection, race_id: str) -> dict[str, Any] | None:
    """Return the race's document, held against other changes until the transaction ends."""
    return connection.execute(
        select(RaceRow.document).where(RaceRow.id == race_id).with_for_update(key_share=True)
    ).scalar_one_or_none()


def add_document(connection: Connection, document: Mapping[str, Any], at: datetime) -> None:
    """Keep the document of a new race."""
    row = {"id": document["id"], "document": document, "created_at": at, "updated_at": at}
    connection.execute(insert(RaceRow).values(row))


def change_document(connection: Connection, document: Mapping[str, Any], at: datetime) -> None:
    """Replace the document of a race that is there."""
    connection.execute(
        update(RaceRow).where(RaceRow.id == document["id"]).values(document=document, updated_at=at)
    )
