"""The API on a race with runners and a small playbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notify.web import create_app
from notify.web.api.events import live
from tests.usecases.scene import Scene, register, runners, set_scene
from tests.usecases.small_playbook import write_small_playbook
from tests.web.conftest import add_user


@pytest.fixture(scope="session")
def small_playbook(tmp_path_factory):
    """Give the settings of a folder with one small playbook."""
    return write_small_playbook(tmp_path_factory.mktemp("small"))


@pytest.fixture
def scene(migrated_url, tmp_path, small_playbook) -> Iterator[Scene]:
    """Give an installation with three runners who have a phone."""
    for scene in set_scene(migrated_url, tmp_path, small_playbook):
        register(scene.database, *runners(3))
        yield scene


@pytest.fixture
def api(scene) -> Iterator[Flask]:
    """Give the application."""
    app = create_app(scene.services)
    yield app
    with app.app_context():
        live().close()


class Caller:
    """Software that is signed in: sends JSON, the form token, and an id of its intention."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        answer = client.get("/api/v1/session")
        self.token = answer.json["csrf"] if answer.status_code == 200 and answer.json else ""

    def get(self, path: str):
        """Get ``path`` below the API's root."""
        return self.client.get(f"/api/v1{path}")

    def post(self, path: str, body=None, *, key: str = "intention-1", **headers: str):
        """Post ``body`` as JSON."""
        given = {"X-CSRFToken": self.token, "Idempotency-Key": key} | headers
        return self.client.post(f"/api/v1{path}", json=body, headers=given)


@pytest.fixture
def call_as(api, scene) -> Callable[..., Caller]:
    """Give a function that returns a caller with a role."""

    def called(role: str, race_id: str | None = None) -> Caller:
        client = api.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = str(add_user(scene.services, role, race_id))
        return Caller(client)

    return called


@pytest.fixture
def organiser(call_as):
    return call_as("organiser")


@pytest.fixture
def anybody(api) -> Caller:
    return Caller(api.test_client())
