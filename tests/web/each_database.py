"""Tests of the web run on SQLite, but for those that say that the database matters."""

from __future__ import annotations

import pytest

ON_EACH_DATABASE = pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
