"""The web server as a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.repo.sources import ROOT

_PROGRAM = """
import sys
from pathlib import Path
from notify.web.server import serve
from tests.installation import installed
serve(lambda: installed(sys.argv[1], Path(sys.argv[2])), sys.argv[3])
"""


class Server:
    """A running web server; ``log`` is what it wrote, once it has ended."""

    def __init__(self, url: str, var: Path, port: int) -> None:
        self.port = port
        self._log = var / "server.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, url, str(var), f"127.0.0.1:{port}"],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """What the server said."""
        return self._log.read_text()

    def open(self, address: str) -> HTTPConnection:
        """Ask for an address, as soon as the server is there."""
        deadline = time.monotonic() + 60
        while True:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("GET", address, headers={"Connection": "close"})
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return connection

    def stop(self) -> int:
        """Tell the server to stop; return how it ended."""
        self.process.terminate()
        return self.process.wait(timeout=60)


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Server]:
    """Give a web server on a port of its own."""
    running = Server(sqlite_url, tmp_path, free_port())
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_an_open_stream_does_not_keep_the_server_from_ending(server):
    stream = server.open("/api/v1/events").getresponse()
    assert b"retry: 2000\n" == stream.readline()

    ended = server.stop()

    # Read to its proper end: a stream that was cut off would raise.
    assert b"" == stream.read().strip()
    assert 0 == ended


def test_the_server_ends_in_good_order_and_has_written_down_no_address_of_anybody(server):
    answer = server.open("/i/secretcode").getresponse()

    assert 404 == answer.status
    assert "Check the code" in answer.read().decode()
    assert 0 == server.stop()
    assert not re.search(r"127\.0\.0\.1|secretcode|GET ", server.log)
