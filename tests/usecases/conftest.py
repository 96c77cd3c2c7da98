"""The scene in which use cases are tried, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.usecases.scene import Scene, set_scene
from tests.usecases.small_playbook import write_small_playbook


@pytest.fixture(scope="session")
def small_playbook(tmp_path_factory) -> Mapping[str, str]:
    """Give the settings of a folder with one small playbook."""
    root: Path = tmp_path_factory.mktemp("small")
    return write_small_playbook(root)


@pytest.fixture
def scene(migrated_url, tmp_path, small_playbook) -> Iterator[Scene]:
    """Give an installation with fake channels and a race nobody has entered yet."""
    yield from set_scene(migrated_url, tmp_path, small_playbook)


@pytest.fixture
def postgres_scene(postgres_url, tmp_path, small_playbook) -> Iterator[Scene]:
    """Give the same on PostgreSQL alone, for what SQLite's single writer cannot come to."""
    yield from set_scene(postgres_url, tmp_path, small_playbook)
