"""The migrations make the tables that the code works with, however often and by whomever run."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from notify.config import HOME
from notify.store.engine import Database
from notify.store.migrations import MigrationError, alembic_config, upgrade
from notify.store.schema import metadata
from tests.usecases.together import all_at_once


def test_the_migrations_and_the_tables_agree(migrated_url):
    database = Database(migrated_url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, metadata)
    database.engine.dispose()

    assert [] == difference


def test_upgrading_again_changes_nothing(database_url):
    upgrade(database_url)
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(
            text("INSERT INTO heartbeat (name, kind, beat_at) VALUES ('a', 'b', CURRENT_TIMESTAMP)")
        )

    upgrade(database_url)

    with database.read() as connection:
        assert "a" == connection.execute(text("SELECT name FROM heartbeat")).scalar_one()
    database.engine.dispose()


def test_there_is_one_head():
    scripts = ScriptDirectory.from_config(alembic_config("sqlite://"))

    assert 1 == len(scripts.get_heads())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://nobody:secret@127.0.0.1:1/none",
        "sqlite:////dev/null/notify.db",
        "sqlite:////proc/none/notify.db",
    ],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(url):
    with pytest.raises(MigrationError) as refused:
        upgrade(url)

    assert str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_percent_sign_in_a_password_is_kept():
    url = "postgresql+psycopg://u:p%40ss@127.0.0.1/x"

    assert url == alembic_config(url).get_main_option("sqlalchemy.url")


@pytest.mark.slow
def test_processes_upgrade_a_new_database_together(database_url):
    program = f"from notify.store.migrations import upgrade; upgrade({database_url!r})"
    results = all_at_once(
        [lambda: subprocess.run([sys.executable, "-c", program], cwd=HOME, check=False).returncode]
        * 3
    )

    assert [0, 0, 0] == results
