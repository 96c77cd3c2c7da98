"""The services of a command: apart, because they import every library of the product."""

from __future__ import annotations

from notify.bootstrap import build
from notify.config import Settings
from notify.store.migrations import upgrade
from notify.usecases.services import Services


def installed(settings: Settings) -> Services:
    """Return the services, with the database brought to the current schema.

    Raises ``MigrationError`` and ``PlaybookError``.
    """
    upgrade(settings.database_url)
    return build(settings)
