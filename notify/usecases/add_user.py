"""Add a user: somebody who may sign in, with a role and perhaps for one race only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import insert, select

from notify.store.engine import Conflict
from notify.store.journal import Deed, audit
from notify.store.people import UserRow
from notify.store.races import RaceRow
from notify.usecases.errors import BadInput, NotAllowed, Unknown
from notify.usecases.passwords import MIN_LENGTH, hash_password
from notify.usecases.services import Services
from notify.usecases.sign_in import Account

ROLES = ("organiser", "approver", "agent", "admin")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class AddUser:
    """Who is added, by whom (``actor``)."""

    email: str
    role: str
    password: str = field(repr=False)
    race_id: str | None = None
    actor: str = "command line"


def add_user(command: AddUser, *, services: Services) -> Account:
    """Add somebody; the address is kept in small letters.

    Raises ``BadInput`` (no such role, no e-mail address, password too short), ``NotAllowed``
    (already there) and ``Unknown`` (race).
    """
    email = command.email.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise BadInput("the user is not an e-mail address; write it like name@example.com")
    if command.role not in ROLES:
        raise BadInput(f"no role called {command.role!r}; there is {', '.join(ROLES)}")
    if len(command.password) < MIN_LENGTH:
        raise BadInput(f"the password is too short; {MIN_LENGTH} characters at the least")
    hashed = hash_password(command.password, salt=services.random_bytes(16))
    try:
        return _insert(command, email, hashed, services)
    except Conflict:
        raise NotAllowed("somebody with this e-mail address is there already") from None


def _insert(command: AddUser, email: str, hashed: str, services: Services) -> Account:
    at = services.now()
    with services.database.write() as connection:
        races = list(connection.execute(select(RaceRow.id)).scalars())
        if command.race_id is not None and command.race_id not in races:
            raise Unknown("race", command.race_id, races)
        user_id = connection.execute(
            insert(UserRow)
            .values(
                email=email,
                role=command.role,
                race_id=command.race_id,
                password_hash=hashed,
                created_at=at,
            )
            .returning(UserRow.id)
        ).scalar_one()
        detail = {"user": user_id, "role": command.role, "race": command.race_id}
        audit(connection, Deed(command.actor, at), "user.added", detail=detail)
    return Account(id=user_id, email=email, role=command.role, race_id=command.race_id)
