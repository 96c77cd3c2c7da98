"""Where an import waits before it touches the race: temporary tables of one connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    distinct,
    func,
    insert,
    select,
    text,
)

from notify.domain.registrant import Registrant
from notify.store.engine import UtcDateTime

TEXTS = (
    *("bib", "first_name", "last_name", "email", "phone", "country", "course", "wave", "language"),
    "status",
)
"""The columns a file may fill, as text; ``NULL`` means that the file does not say."""

_metadata = MetaData()
_TEMPORARY = ("TEMPORARY",)

STAGED = Table(
    "staged_registrant",
    _metadata,
    Column("registration_id", Text, primary_key=True),
    *(Column(name, Text) for name in TEXTS),
    Column("finished_at", UtcDateTime()),
    Column("tokens_told", Boolean, nullable=False),
    prefixes=list(_TEMPORARY),
)
STAGED_TOKEN = Table(
    "staged_token",
    _metadata,
    Column("registration_id", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    prefixes=list(_TEMPORARY),
)
STAGED_PAYMENT = Table(
    "staged_payment",
    _metadata,
    Column("registration_id", Text, primary_key=True),
    Column("attempted_at", UtcDateTime(), primary_key=True),
    Column("result", Text, nullable=False),
    prefixes=list(_TEMPORARY),
)


def create(connection: Connection) -> None:
    """Make the temporary tables; they go with the connection."""
    _metadata.create_all(connection, checkfirst=False)


def fill(connection: Connection, registrants: Sequence[Registrant]) -> None:
    """Put ``registrants`` beside those staged already; none may be there yet."""
    people = [_person(registrant) for registrant in registrants]
    tokens = [
        {"registration_id": registrant.registration_id, "token": token}
        for registrant in registrants
        for token in registrant.push_tokens or ()
    ]
    payments = [
        {"registration_id": registrant.registration_id} | asdict(attempt)
        for registrant in registrants
        for attempt in registrant.payments
    ]
    for table, rows in ((STAGED, people), (STAGED_TOKEN, tokens), (STAGED_PAYMENT, payments)):
        if rows:
            connection.execute(insert(table), rows)


def settle_statistics(connection: Connection) -> None:
    """Tell PostgreSQL how large the tables have become; it never looks at temporary ones."""
    if connection.dialect.name == "postgresql":
        for table in (STAGED, STAGED_TOKEN, STAGED_PAYMENT):
            connection.execute(text(f"ANALYZE {table.name}"))


def distinct_addresses(connection: Connection) -> tuple[int, int, int]:
    """Return how many different phones, e-mail addresses and push tokens are staged."""
    phones, emails = connection.execute(
        select(
            func.count(distinct(func.nullif(STAGED.c.phone, ""))),
            func.count(distinct(func.lower(func.nullif(STAGED.c.email, "")))),
        )
    ).one()
    tokens = connection.execute(select(func.count(distinct(STAGED_TOKEN.c.token)))).scalar_one()
    return phones, emails, tokens


def _person(registrant: Registrant) -> dict[str, Any]:
    row = {name: getattr(registrant, name) for name in TEXTS}
    row["registration_id"] = registrant.registration_id
    row["finished_at"] = registrant.finished_at
    row["tokens_told"] = registrant.push_tokens is not None
    return row
