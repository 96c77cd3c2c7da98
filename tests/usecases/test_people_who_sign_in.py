"""Adding people who may sign in, and finding out who they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from notify.store.incidents import AuditRow
from notify.store.people import UserRow
from notify.usecases.add_user import AddUser, add_user
from notify.usecases.errors import BadInput, NotAllowed, Unknown
from notify.usecases.services import Services
from notify.usecases.sign_in import account, sign_in
from tests.installation import installed
from tests.usecases.scene import RACE_ID, write_race

PASSWORD = "nine tired volunteers"


@pytest.fixture
def services(migrated_url, tmp_path) -> Iterator[Services]:
    """Give an installation with one race, once on each database."""
    services = installed(migrated_url, tmp_path)
    write_race(services.database)
    yield services
    services.database.engine.dispose()


def test_who_was_added_can_sign_in(services):
    added = add_user(AddUser("Ann@Example.org", "organiser", PASSWORD, RACE_ID), services=services)

    assert added == sign_in("ann@example.org", PASSWORD, services=services)
    assert added == account(added.id, services=services)


def test_a_wrong_password_is_nobody(services):
    add_user(AddUser("ann@example.org", "agent", PASSWORD), services=services)

    assert sign_in("ann@example.org", "something else", services=services) is None


def test_an_account_without_a_password_opens_to_none(services):
    with services.database.write() as connection:
        connection.execute(
            UserRow.__table__.insert().values(  # type: ignore[attr-defined]
                email="ann@example.org", role="agent", password_hash="", created_at=services.now()
            )
        )

    assert sign_in("ann@example.org", "", services=services) is None


def test_the_password_is_kept_nowhere(services):
    add_user(AddUser("ann@example.org", "agent", PASSWORD), services=services)

    with services.database.read() as connection:
        kept = connection.execute(select(UserRow.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in repr(AddUser("ann@example.org", "agent", PASSWORD))


def test_signing_in_is_written_down(services):
    add_user(AddUser("ann@example.org", "agent", PASSWORD), services=services)

    sign_in("ann@example.org", PASSWORD, services=services)

    with services.database.read() as connection:
        actions = list(connection.execute(select(AuditRow.action).order_by(AuditRow.id)).scalars())
    assert ["user.added", "user.signed_in"] == actions


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (AddUser("ann", "agent", PASSWORD), "not an e-mail address"),
        (AddUser("ann@example.org", "king", PASSWORD), "no role called 'king'"),
        (AddUser("ann@example.org", "agent", "short"), "12 characters at the least"),
    ],
)
def test_what_is_wrong_is_named(services, command, said):
    with pytest.raises(BadInput, match=said):
        add_user(command, services=services)


def test_an_unknown_race_is_refused(services):
    with pytest.raises(Unknown, match="no race called 'nowhere'"):
        add_user(AddUser("ann@example.org", "agent", PASSWORD, "nowhere"), services=services)


def test_nobody_is_added_twice(services):
    add_user(AddUser("ann@example.org", "agent", PASSWORD), services=services)

    with pytest.raises(NotAllowed, match="there already"):
        add_user(AddUser("ANN@example.org", "admin", PASSWORD), services=services)


def test_somebody_of_one_race_may_see_that_race_only(services):
    added = add_user(AddUser("ann@example.org", "agent", PASSWORD, RACE_ID), services=services)

    assert added.may_see(RACE_ID)
    assert not added.may_see("another")
