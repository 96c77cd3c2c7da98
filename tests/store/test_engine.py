"""Both databases behave alike: times, transactions, conflicts, and nothing personal in errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from notify.bootstrap import utc_now
from notify.domain.delivery import Channel
from notify.store.engine import Conflict, Database, database_now
from notify.store.people import HeartbeatRow
from notify.store.races import SuppressionRow
from notify.store.suppressions import suppress as suppress_address
from tests.usecases.together import InThread, all_at_once, wait_for_waiters

SECRET = "+8613123450042"


@pytest.fixture
def database(migrated_url) -> Iterator[Database]:
    database = Database(migrated_url)
    yield database
    database.engine.dispose()


def beat(connection, name="a", at=None):
    connection.execute(
        insert(HeartbeatRow).values(name=name, kind="clock", beat_at=at or utc_now())
    )


def count(database):
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(HeartbeatRow)).scalar_one()


@pytest.mark.parametrize("offset", [0, 8, -6])
def test_times_come_back_aware_and_in_utc(database, offset):
    moment = datetime(2026, 11, 1, 1, 30, 15, 123456, tzinfo=timezone(timedelta(hours=offset)))
    with database.write() as connection:
        beat(connection, at=moment)

    with database.read() as connection:
        back = connection.execute(select(HeartbeatRow.beat_at)).scalar_one()

    assert moment == back
    assert UTC is back.tzinfo or timedelta(0) == back.utcoffset()


def test_times_without_a_zone_are_refused(database):
    naive = datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001 - what must be refused
    with pytest.raises(StatementError, match="naive datetime"), database.write() as connection:
        beat(connection, at=naive)


def test_the_databases_clock_is_ours_on_this_machine(database):
    with database.read() as connection:
        drift = database_now(connection) - utc_now()

    assert abs(drift) < timedelta(seconds=60)


def test_times_compare_as_times(database):
    now = utc_now()
    with database.write() as connection:
        for name, seconds in (("a", -1), ("b", 0), ("c", 0.001)):
            beat(connection, name, now + timedelta(seconds=seconds))

    with database.read() as connection:
        past = select(HeartbeatRow.name).where(HeartbeatRow.beat_at <= now).order_by("name")
        assert ["a", "b"] == list(connection.execute(past).scalars())


def test_an_exception_takes_everything_back(database):
    def half_done() -> None:
        with database.write() as connection:
            beat(connection)
            raise KeyError

    with pytest.raises(KeyError):
        half_done()

    assert 0 == count(database)


def test_reading_writes_nothing(database):
    # PostgreSQL refuses at once; SQLite takes it back at the end.
    with suppress(DBAPIError), database.read() as connection:
        beat(connection)

    assert 0 == count(database)


@pytest.mark.parametrize("snapshot", [False, True])
def test_writing_the_same_thing_twice_is_a_conflict(database, snapshot):
    with database.write(snapshot=snapshot) as connection:
        beat(connection)

    with pytest.raises(Conflict), database.write(snapshot=snapshot) as connection:
        beat(connection)

    assert 1 == count(database)


def test_a_lost_race_between_two_snapshots_is_a_conflict(postgres_url):
    database = Database(postgres_url)
    with database.write() as connection:
        beat(connection)
    change = text("UPDATE heartbeat SET kind = kind || 'x'")

    def be_late() -> None:
        with database.write(snapshot=True) as late:
            late.execute(select(HeartbeatRow.__table__)).all()
            with database.write() as first:
                first.execute(change)
            late.execute(change)

    with pytest.raises(Conflict):
        be_late()

    database.engine.dispose()


def test_a_deadlock_is_a_conflict(postgres_url):
    database = Database(postgres_url)
    with database.write() as connection:
        beat(connection, "a")
        beat(connection, "b")
    lock = text("SELECT 1 FROM heartbeat WHERE name = :name FOR UPDATE")

    def other() -> None:
        with database.write() as connection:
            connection.execute(lock, {"name": "b"})
            connection.execute(lock, {"name": "a"})

    outcomes = []
    thread: InThread[None] | None = None
    try:
        with database.write() as connection:
            connection.execute(lock, {"name": "a"})
            thread = InThread(other)
            wait_for_waiters(database)
            connection.execute(lock, {"name": "b"})
    except Conflict:
        outcomes.append("ours")
    assert thread is not None
    try:
        thread.result()
    except Conflict:
        outcomes.append("theirs")

    assert 1 == len(outcomes)
    database.engine.dispose()


def test_an_address_suppressed_by_many_at_once_is_suppressed(database):
    def deed() -> None:
        with database.write() as connection:
            suppress_address(
                connection, channel=Channel.SMS, address=SECRET, reason="opted_out", at=utc_now()
            )

    results = all_at_once([deed] * 6)

    assert [None] * 6 == results
    with database.read() as connection:
        assert 1 == len(connection.execute(select(SuppressionRow.__table__)).all())


def everything_said(error: BaseException | None) -> str:
    """Return the texts of an error and of all that it came from."""
    said = ""
    while error is not None:
        said += f"{error!r} {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


def test_errors_of_the_database_name_no_address(database):
    values = {"channel": "sms", "address": SECRET, "reason": "opted_out", "created_at": utc_now()}
    with database.write() as connection:
        connection.execute(insert(SuppressionRow).values(values))

    with pytest.raises(Conflict) as conflict, database.write() as connection:
        connection.execute(insert(SuppressionRow).values(values))
    with pytest.raises(SQLAlchemyError) as broken, database.write() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:address)"), {"address": SECRET})

    assert SECRET not in everything_said(conflict.value)
    assert SECRET not in everything_said(broken.value)
    assert "suppression" in str(conflict.value)


def test_a_password_is_not_shown(database):
    assert "secret" not in repr(Database("postgresql+psycopg://u:secret@127.0.0.1/x").url)


def test_the_folder_made_for_a_database_is_its_owners_alone(tmp_path):
    path = tmp_path / "var" / "notify.db"

    Database(f"sqlite:///{path}").engine.dispose()

    assert 0o700 == path.parent.stat().st_mode & 0o777
