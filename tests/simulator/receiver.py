"""A small web server that keeps the status callbacks it gets."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl


class Callback(NamedTuple):
    """One request as it came."""

    path: str
    form: dict[str, str]
    signature: str


class Receiver:
    """Collects callbacks; `answers` holds the statuses of the next answers, after that 204."""

    def __init__(self) -> None:
        self.callbacks: queue.Queue[Callback] = queue.Queue()
        self.answers: list[int] = []
        receiver = self

        class Collector(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, strict_parsing=True))
                signature = self.headers["X-Twilio-Signature"]
                receiver.callbacks.put(Callback(self.path, form, signature))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def url(self, path: str = "/status/17") -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def next(self, count: int) -> list[Callback]:
        """Wait for this many callbacks."""
        return [self.callbacks.get(timeout=10) for _ in range(count)]

    def statuses(self, count: int) -> list[str]:
        return [callback.form["MessageStatus"] for callback in self.next(count)]
