"""A race with a few runners, the shipped playbooks, and somebody at the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from notify.store.base import Base
from notify.usecases.services import Services
from notify.web import create_app
from notify.web.api.events import live
from tests.installation import installed
from tests.usecases.scene import Runner, phone, register, runners, write_race
from tests.web.conftest import add_user
from tests.web.organiser.console import Console

Count = Callable[[type[Base]], int]


@pytest.fixture
def services(sqlite_url: str, tmp_path: Path) -> Iterator[Services]:
    """Give an installation with a race of four: three read English, one Chinese."""
    yield from _installed(sqlite_url, tmp_path)


@pytest.fixture
def services_on_each(migrated_url: str, tmp_path: Path) -> Iterator[Services]:
    """Give the same once on each database."""
    yield from _installed(migrated_url, tmp_path)


def _installed(url: str, var: Path) -> Iterator[Services]:
    services = installed(url, var)
    write_race(services.database)
    chinese = Runner(
        phone=phone(9), language="zh-CN", course="half", first_name="Wei", last_name="Zhang"
    )
    register(services.database, *runners(3), chinese)
    yield services
    services.database.engine.dispose()


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """Give the application."""
    yield from _running(services)


def _running(services: Services) -> Iterator[Flask]:
    app = create_app(services)
    yield app
    with app.app_context():
        live().close()


@pytest.fixture
def console(app: Flask, services: Services) -> Console:
    """Give an organiser at the console."""
    return signed_in(app, services)


@pytest.fixture
def console_on_each(services_on_each: Services) -> Iterator[Console]:
    """Give an organiser at the console, once on each database."""
    for app in _running(services_on_each):
        yield signed_in(app, services_on_each)


def signed_in(
    app: Flask, services: Services, role: str = "organiser", race_id: str | None = None
) -> Console:
    """Return somebody with a role at the console."""
    user_id = add_user(services, role, race_id)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = str(user_id)
    return Console(client)


@pytest.fixture
def count(services: Services) -> Count:
    """Give a function that counts the rows of a table."""

    def counted(table: type[Base]) -> int:
        with services.database.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    return counted
