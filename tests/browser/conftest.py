"""The application over real HTTP, for a browser: a thread of the test's own on a free port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server

from notify.web.api.events import live

Serve = Callable[[Flask], str]


@pytest.fixture
def serve(free_port) -> Iterator[Serve]:
    """Give a function that serves an application and returns its address."""
    running: list[Running] = []

    def served(app: Flask) -> str:
        running.append(Running(app, free_port()))
        return running[-1].address

    yield served
    for each in running:
        each.stop()


class Running:
    """An application that answers until it is stopped."""

    def __init__(self, app: Flask, port: int) -> None:
        self._app = app
        self._server = make_server("127.0.0.1", port, app, threaded=True)
        # A stream that a browser left open must not keep the test process alive.
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """End the streams, then the server."""
        with self._app.app_context():
            live().close()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


def sign_in(context: BrowserContext, app: Flask, base: str, user_id: int) -> None:
    """Let the browser be signed in as that user."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    context.add_cookies(
        [
            {
                "name": app.config["SESSION_COOKIE_NAME"],
                "value": serializer.dumps({"_user_id": str(user_id)}),
                "url": base,
            }
        ]
    )
