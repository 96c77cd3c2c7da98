"""The web application for tests: real wiring, a fake bell, and people who are signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from notify.store.people import UserRow
from notify.usecases.services import Services
from notify.web import create_app
from notify.web.api.events import live
from tests.installation import NOW, installed
from tests.rows import add_race

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def database_kind() -> str:
    """Use SQLite, but for tests marked ``ON_EACH_DATABASE``."""
    return "sqlite"


@pytest.fixture
def services(migrated_url: str, tmp_path: Path) -> Iterator[Services]:
    """Give an installation with one race and nothing going on."""
    services = installed(migrated_url, tmp_path)
    add_race(services.database)
    yield services
    services.database.engine.dispose()


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """Give the application of ``services``."""
    app = create_app(services)
    yield app
    with app.app_context():
        live().close()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Give a browser that nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, services: Services) -> SignIn:
    """Give a function that returns the browser of somebody with a role."""

    def signed_in(role: str, race_id: str | None = None) -> FlaskClient:
        user_id = add_user(services, role, race_id)
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = str(user_id)
        return client

    return signed_in


def add_user(services: Services, role: str, race_id: str | None = None) -> int:
    """Write an account that no password opens; return its id."""
    with services.database.write() as connection:
        return connection.execute(
            insert(UserRow)
            .values(
                email=f"{role}-{race_id or 'all'}@example.org",
                role=role,
                race_id=race_id,
                password_hash="",
                created_at=NOW,
            )
            .returning(UserRow.id)
        ).scalar_one()
