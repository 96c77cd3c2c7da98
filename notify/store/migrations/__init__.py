"""Bringing a database to the current schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import SQLAlchemyError

_WHERE = "check NOTIFY_DATABASE_URL"


class MigrationError(RuntimeError):
    """The database could not be brought to the current schema."""


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for the database at ``url``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    # ConfigParser reads % as interpolation; a password may hold one.
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest revision; safe to run from several processes.

    Raises ``MigrationError`` when the database cannot be reached or changed.
    """
    try:
        command.upgrade(alembic_config(url), "head")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
        raise MigrationError(f"the database cannot be used: {reason}; {_WHERE}") from error
    except OSError as error:
        message = f"the database cannot be used: {error.strerror}: {error.filename}; {_WHERE}"
        raise MigrationError(message) from error
