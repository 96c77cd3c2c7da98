"""The web server: gunicorn, one process with a thread per open page, so that streams block nobody.

Requests are not logged: their addresses belong to people. Errors are, by ``notify.web.errors``.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from notify.usecases.services import Services
from notify.web import create_app
from notify.web.live import MAX_LISTENERS

THREADS = MAX_LISTENERS + 64
"""Every open desk holds one for its stream of events; the rest answer pages."""

GRACEFUL_S = 10
"""How long a page that is being made may still take when the server is told to stop."""


def serve(services_factory: Callable[[], Services], bind: str) -> None:
    """Serve the web application on ``bind`` (``host:port``) until a signal ends this process.

    ``services_factory`` is called in the process that serves, after the fork: connections must
    not be shared with the parent.
    """
    _Server(services_factory, bind).run()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told everything by us and nothing by files or its own environment variable."""

    def __init__(self, services_factory: Callable[[], Services], bind: str) -> None:
        self._services_factory = services_factory
        self._bind = bind
        self._app: Flask | None = None
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": [self._bind],
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "worker_connections": 4 * THREADS,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": 5,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": self._end_streams_on_stop,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        self._app = create_app(self._services_factory())
        return self._app

    def _end_streams_on_stop(self, _worker: object) -> None:
        """A stream never ends by itself: end them all as soon as the server is told to stop."""
        stop = signal.getsignal(signal.SIGTERM)

        def stop_with_streams(number: int, frame: FrameType | None) -> None:
            # In a thread: what closes a stream takes locks, and a signal may interrupt a holder.
            threading.Thread(target=self._close_streams, daemon=True).start()
            if callable(stop):
                stop(number, frame)

        signal.signal(signal.SIGTERM, stop_with_streams)

    def _close_streams(self) -> None:
        live = self._app.extensions.get("notify.live") if self._app else None
        if live is not None:
            live.close()
