"""Alembic's entry point: runs the revisions on our engine, in one transaction, under a lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from notify.store.engine import Database
from notify.store.schema import metadata

MIGRATION_LOCK = 7_203_114
"""Key of the PostgreSQL advisory lock that makes concurrent upgrades wait for each other."""


def run() -> None:
    """Run the revisions asked for."""
    database = Database(context.config.get_main_option("sqlalchemy.url") or "")
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        context.configure(
            connection=connection, target_metadata=metadata, render_as_batch=database.is_sqlite
        )
        context.run_migrations()
    database.engine.dispose()


run()
