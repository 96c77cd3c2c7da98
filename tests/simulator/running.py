"""A simulator in a thread of the test process, and the few things tests ask of it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import requests
import uvloop

from notify.simulator import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, SimulatorConfig, serve

TO = "+12025550123"
FROM = "+12025550100"
SERVICE = "MG" + "5a" * 16
MESSAGES = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages.json"
AUTH = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)


class RunningSimulator:
    """Serves on free ports from `start` to `stop`."""

    def __init__(self, **settings: Any) -> None:
        self._settings = {"receipt_delay_s": 0.0, **settings}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._serve()))
        self.session = requests.Session()
        self.session.trust_env = False

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self.session.close()
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        simulator = await serve(SimulatorConfig(**self._settings))
        self.http_port, self.smtp_port = simulator.http_port, simulator.smtp_port
        self.account = simulator.account
        self.base = simulator.base_url
        self._ready.set()
        await self._stopped.wait()
        await simulator.close()

    def url(self, path: str) -> str:
        return self.base + path

    def get(self, path: str, **options: Any) -> Any:
        answer = self.session.get(self.url(path), timeout=10, **options)
        answer.raise_for_status()
        return answer.json()

    def log(self, channel: str, **query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("/_log", params={"channel": channel, **query})[
            channel
        ]
        return items

    def set_faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        document = {"seed": seed, "rules": list(rules)}
        answer = self.session.post(self.url("/_faults"), json=document, timeout=10)
        assert 200 == answer.status_code, answer.text

    def sms(
        self, to: str = TO, body: str | None = "Race cancelled", **form: Any
    ) -> requests.Response:
        fields = {"To": to, "From": FROM, "Body": body, **form}
        fields = {name: value for name, value in fields.items() if value is not None}
        return self.session.post(self.url(MESSAGES), data=fields, auth=AUTH, timeout=10)

    def connect(self, port: int | None = None) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port or self.http_port), timeout=10)


Start = Callable[..., RunningSimulator]


def mail(text: str = "The race is cancelled.", to: str = "ada@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "race@example.org"
    message["To"] = to
    message["Subject"] = "Race cancelled"
    message["Message-ID"] = "<delivery-17@example.org>"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return message


def read_all(connection: socket.socket) -> bytes:
    """Return everything until the other side closes."""
    pieces = []
    while piece := connection.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def json_lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]
