"""Registrants: written in one go from a file, and read out again in pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from notify.domain.audience import RegistrationStatus
from notify.domain.registrant import Changes, PaymentAttempt, Registrant
from notify.store import staged
from notify.store.engine import Database, UtcDateTime
from notify.store.races import RaceRow
from notify.store.registrant_changes import (
    PAYMENT,
    PUSH_TOKEN,
    REGISTRANT,
    count_changes,
    own_differences,
    payment_is_known,
    same_person,
    there_is,
    token_is_known,
    token_is_staged,
)
from notify.store.staged import STAGED, STAGED_PAYMENT, STAGED_TOKEN, TEXTS

_PAGE = 500
_MAY_BE_NULL = frozenset({"email", "phone", "language"})


class Staging:
    """Registrants on their way into a race; nothing of the race is locked while they gather."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, registrants: Sequence[Registrant]) -> None:
        """Stage ``registrants``; a registration id may come only once."""
        with self._connection.begin():
            staged.fill(self._connection, registrants)

    def distinct_addresses(self) -> tuple[int, int, int]:
        """Return how many different phones, e-mail addresses and push tokens are staged."""
        with self._connection.begin():
            return staged.distinct_addresses(self._connection)

    def settle(self, race_id: str, *, at: datetime, keep: bool) -> Changes:
        """Return what the staged registrants change in the race, and change it if ``keep``.

        One transaction. Two imports into one race follow one another.
        """
        connection = self._connection.execution_options(notify_write=keep)
        with connection.begin():
            staged.settle_statistics(connection)
            if keep:
                # The weakest lock that keeps a second import out: an incident may start meanwhile.
                connection.execute(
                    select(RaceRow.id).where(RaceRow.id == race_id).with_for_update(key_share=True)
                )
            changes = count_changes(connection, race_id)
            if keep:
                _update(connection, race_id, at)
                _insert(connection, race_id, at)
                _replace_tokens(connection, race_id)
                _merge_payments(connection, race_id)
        return changes


@contextmanager
def staging(database: Database) -> Iterator[Staging]:
    """Give an empty ``Staging`` on a connection of its own, which takes everything with it."""
    with database.engine.connect() as connection:
        # Off the pool: temporary tables must not be met by the connection's next user.
        connection.detach()
        with connection.begin():
            staged.create(connection)
        yield Staging(connection)


def registrants(connection: Connection, race_id: str) -> Iterator[Registrant]:
    """Yield the race's registrants in the order they came, a page in memory at a time."""
    found = connection.execute(
        select(REGISTRANT).where(REGISTRANT.c.race_id == race_id).order_by(REGISTRANT.c.id),
        execution_options={"yield_per": _PAGE},
    )
    for page in found.partitions():
        ids = [row.id for row in page]
        tokens, payments = _tokens_of(connection, ids), _payments_of(connection, ids)
        for row in page:
            yield Registrant(
                registration_id=row.registration_id,
                **{name: getattr(row, name) for name in TEXTS},
                finished_at=row.finished_at,
                push_tokens=tuple(tokens[row.id]),
                payments=tuple(payments[row.id]),
            )


def registrants_by_course(connection: Connection, race_id: str) -> dict[str, int]:
    """Return how many registrants of the race each course has."""
    rows = connection.execute(
        select(REGISTRANT.c.course, func.count().label("people"))
        .where(REGISTRANT.c.race_id == race_id)
        .group_by(REGISTRANT.c.course)
    )
    return {row.course: row.people for row in rows}


def _tokens_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = connection.execute(
        select(PUSH_TOKEN).where(PUSH_TOKEN.c.registrant_id.in_(ids)).order_by(PUSH_TOKEN.c.id)
    )
    for row in rows:
        found[row.registrant_id].append(row.token)
    return found


def _payments_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[PaymentAttempt]]:
    found: dict[int, list[PaymentAttempt]] = defaultdict(list)
    rows = connection.execute(
        select(PAYMENT).where(PAYMENT.c.registrant_id.in_(ids)).order_by(PAYMENT.c.attempted_at)
    )
    for row in rows:
        found[row.registrant_id].append(PaymentAttempt(row.attempted_at, row.result))
    return found


def _update(connection: Connection, race_id: str, at: datetime) -> None:
    differences = own_differences()
    said: dict[str, ColumnElement[Any]] = {
        name: case(
            (STAGED.c[name].is_(None), REGISTRANT.c[name]),
            else_=func.nullif(STAGED.c[name], "") if name in _MAY_BE_NULL else STAGED.c[name],
        )
        for name in TEXTS
    }
    said["finished_at"] = func.coalesce(STAGED.c.finished_at, REGISTRANT.c.finished_at)
    connection.execute(
        update(REGISTRANT)
        .values(**said, updated_at=at)
        .where(same_person(race_id), or_(*differences.values()))
    )


def _insert(connection: Connection, race_id: str, at: datetime) -> None:
    defaults = dict.fromkeys(TEXTS, "") | {"status": RegistrationStatus.CONFIRMED.value}
    said = {
        name: func.nullif(STAGED.c[name], "")
        if name in _MAY_BE_NULL
        else func.coalesce(STAGED.c[name], default)
        for name, default in defaults.items()
    }
    new = select(
        literal(race_id),
        literal(at, UtcDateTime()),
        STAGED.c.registration_id,
        STAGED.c.finished_at,
        *said.values(),
    ).where(~there_is(REGISTRANT, same_person(race_id)))
    columns = ["race_id", "updated_at", "registration_id", "finished_at", *said]
    connection.execute(insert(REGISTRANT).from_select(columns, new))


def _replace_tokens(connection: Connection, race_id: str) -> None:
    gone = (
        select(PUSH_TOKEN.c.id)
        .join(REGISTRANT, REGISTRANT.c.id == PUSH_TOKEN.c.registrant_id)
        .join(STAGED, same_person(race_id))
        .where(STAGED.c.tokens_told, ~token_is_staged())
    )
    connection.execute(delete(PUSH_TOKEN).where(PUSH_TOKEN.c.id.in_(gone)))
    new = (
        select(REGISTRANT.c.id, STAGED_TOKEN.c.token)
        .join(STAGED_TOKEN, STAGED_TOKEN.c.registration_id == REGISTRANT.c.registration_id)
        .where(REGISTRANT.c.race_id == race_id, ~token_is_known())
    )
    connection.execute(insert(PUSH_TOKEN).from_select(["registrant_id", "token"], new))


def _merge_payments(connection: Connection, race_id: str) -> None:
    attempt = (
        REGISTRANT.c.race_id == race_id,
        REGISTRANT.c.registration_id == STAGED_PAYMENT.c.registration_id,
        PAYMENT.c.registrant_id == REGISTRANT.c.id,
        PAYMENT.c.attempted_at == STAGED_PAYMENT.c.attempted_at,
    )
    connection.execute(
        update(PAYMENT)
        .values(result=STAGED_PAYMENT.c.result)
        .where(*attempt, PAYMENT.c.result != STAGED_PAYMENT.c.result)
    )
    new = (
        select(REGISTRANT.c.id, STAGED_PAYMENT.c.attempted_at, STAGED_PAYMENT.c.result)
        .join(STAGED_PAYMENT, STAGED_PAYMENT.c.registration_id == REGISTRANT.c.registration_id)
        .where(REGISTRANT.c.race_id == race_id, ~payment_is_known())
    )
    columns = ["registrant_id", "attempted_at", "result"]
    connection.execute(insert(PAYMENT).from_select(columns, new))
