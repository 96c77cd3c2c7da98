"""All tables in one place, for migrations: importing this module fills the metadata."""

from __future__ import annotations

from notify.store import deliveries, incidents, people, races
from notify.store.base import Base

TABLES = (deliveries, incidents, people, races)
metadata = Base.metadata
