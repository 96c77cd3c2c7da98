"""Sign in: find out whether somebody is who they say they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from notify.store.journal import Deed, audit
from notify.store.people import UserRow
from notify.usecases.passwords import is_password
from notify.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is signed in; ``race_id`` is the one race they may see, ``None`` for all."""

    id: int
    email: str
    role: str
    race_id: str | None

    def may_see(self, race_id: str) -> bool:
        """Return whether the account's work includes this race."""
        return self.race_id in (None, race_id)


def sign_in(email: str, password: str, *, services: Services) -> Account | None:
    """Return the account of ``email`` if ``password`` is its password, and write that down.

    A wrong password and an unknown address cannot be told apart, by the answer or by its time.
    """
    with services.database.read() as connection:
        row = connection.execute(
            select(UserRow.__table__).where(UserRow.email == email.strip().lower())
        ).first()
    right = is_password(password, row.password_hash if row else None)
    if row is None or not right:
        return None
    account = _account(row)
    with services.database.write() as connection:
        audit(connection, Deed(account.email, services.now()), "user.signed_in")
    return account


def account(account_id: int, *, services: Services) -> Account | None:
    """Return the account with this id, if it is still there."""
    with services.database.read() as connection:
        row = connection.execute(select(UserRow.__table__).where(UserRow.id == account_id)).first()
    return _account(row) if row else None


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(id=row.id, email=row.email, role=row.role, race_id=row.race_id)
