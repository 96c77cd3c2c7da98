"""Connecting to SQLite or PostgreSQL so that both behave alike where it matters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.types import DateTime, TypeDecorator

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # FULL: a power cut must not take back the commit that says "this message is being sent".
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
)

_POSTGRES_OPTIONS = (
    "-c lock_timeout=5s -c statement_timeout=120s -c timezone=UTC"
    # A plan made while the tables were small is kept for ever otherwise, and is wrong soon.
    " -c plan_cache_mode=force_custom_plan"
)


_SERIALIZATION = {"40001", "40P01"}
"""SQLSTATEs of PostgreSQL for "somebody else was first": serialization failure, deadlock."""


class Conflict(Exception):
    """Somebody else wrote the same thing first; nothing of this transaction was kept."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: ``timestamptz`` on PostgreSQL, a sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite keeps no offset, so everything is UTC there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: the store takes aware times only")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time."""
        if value is None or value.tzinfo is not None:
            return None if value is None else value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Database:
    """One engine, and the two ways to use it: ``read`` and ``write``.

    Nothing connects until first use. An engine must not be shared across a fork: call ``dispose``
    in the child.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.engine = _sqlite(url) if self.is_sqlite else _postgres(url, pool_size)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite: one host, one writer at a time."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that reads: everything in it is of one moment, on both databases."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection

    @contextmanager
    def write(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """Give a connection in a transaction that commits at the end, or not at all.

        SQLite takes its write lock at once (``BEGIN IMMEDIATE``), so that a transaction that has
        begun never fails as busy. ``snapshot`` asks PostgreSQL for ``REPEATABLE READ``: everything
        read in the transaction is of one moment, as it always is on SQLite.

        Raises ``Conflict`` when somebody else wrote the same thing first.
        """
        options: dict[str, Any] = {"notify_write": True}
        if snapshot and not self.is_sqlite:
            options["isolation_level"] = "REPEATABLE READ"
        try:
            with self.engine.connect() as connection:
                connection.execution_options(**options)
                with connection.begin():
                    yield connection
        except IntegrityError as error:
            # Not from the error: PostgreSQL's text holds the values, and addresses are among them.
            raise Conflict(_broken_rule(error)) from None
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) in _SERIALIZATION:
                raise Conflict(type(error.orig).__name__) from None
            raise

    def dispose(self) -> None:
        """Forget all connections without closing those of the parent process."""
        self.engine.dispose(close=False)


def database_now(connection: Connection) -> datetime:
    """Return the database's clock: leases are judged by one clock, whatever the hosts think."""
    if connection.dialect.name == "sqlite":
        stamp = connection.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
        return datetime.fromisoformat(str(stamp)).replace(tzinfo=UTC)
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)


def _broken_rule(error: IntegrityError) -> str:
    """What was violated, without values: SQLite names columns, PostgreSQL the constraint."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(error.orig) if diagnosis is None else str(diagnosis.constraint_name)


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        url,
        # Errors are logged; what a statement was given may be somebody's address.
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": 10},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # pysqlite must not open transactions of its own: BEGIN IMMEDIATE below does.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("notify_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgres(url: str, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": _POSTGRES_OPTIONS},
    )
