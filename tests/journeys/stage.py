"""A whole installation of real processes: Redis, simulator, web, clock and workers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from notify.config import HOME
from notify.queueing.embedded import EmbeddedRedis
from notify.simulator import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from tests.services.processes import child_environment, free_port

PATIENCE_S = 120.0


class Stage:
    """Runs the processes of one installation and the commands that a person gives it."""

    def __init__(self, database_url: str, var: Path) -> None:
        self.var = var
        self.web = f"http://127.0.0.1:{free_port()}"
        self.simulator = f"http://127.0.0.1:{free_port()}"
        self._smtp = free_port()
        account = var / "account.json"
        self.environment: Mapping[str, str] = child_environment(
            NOTIFY_DATABASE_URL=database_url,
            NOTIFY_VAR=str(var),
            NOTIFY_BIND=self.web.removeprefix("http://"),
            NOTIFY_PUBLIC_URL=self.web,
            TWILIO_ACCOUNT_SID=DEFAULT_ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=DEFAULT_AUTH_TOKEN,
            TWILIO_FROM="+18005550199",
            TWILIO_API_BASE=self.simulator,
            FCM_PROJECT_ID="journey",
            FCM_API_BASE=self.simulator,
            GOOGLE_APPLICATION_CREDENTIALS=str(account),
            SMTP_URL=f"smtp://127.0.0.1:{self._smtp}",
            MAIL_FROM="race@riverside.example.com",
        )
        self._account = account
        self._processes: list[subprocess.Popen[bytes]] = []
        self.log = var / "processes.log"

    def start(self, *arguments: str) -> None:
        """Start a process of the installation; its output goes to the log."""
        with self.log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, *arguments],
                    cwd=HOME,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )

    def start_simulator(self) -> None:
        """Start the provider stand-ins and wait for them."""
        ports = ("--port-http", self.simulator.rsplit(":", 1)[1], "--port-smtp", str(self._smtp))
        self.start("-m", "notify.cli", "simulator", *ports, "--service-account", str(self._account))
        self._answers(f"{self.simulator}/_log?channel=sms")

    def start_everything(self) -> None:
        """Start web, clock and a worker per channel, and wait for the web server."""
        self.start("-m", "notify.cli", "web")
        self.start("-m", "notify.cli", "clock")
        for channel in ("sms", "push", "email"):
            self.start("worker.py", channel)
        self._answers(f"{self.web}/healthz")

    def stop(self) -> None:
        """End every process, the last one first."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(PATIENCE_S)

    def notify(self, *arguments: str) -> Any:
        """Run a command with ``--json`` and return what it prints."""
        answer = subprocess.run(
            [sys.executable, "-m", "notify.cli", *arguments, "--json"],
            cwd=HOME,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert 0 == answer.returncode, answer.stderr
        return json.loads(answer.stdout)

    def accepted(self, channel: str) -> list[dict[str, Any]]:
        """Return what a provider took: the oracle."""
        lines: list[dict[str, Any]] = self.get(f"{self.simulator}/_log?channel={channel}")[channel]
        return lines

    def get(self, url: str) -> Any:
        """Return the JSON at an address."""
        with urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def until(self, incident: str, ready: Callable[[Any], bool]) -> Any:
        """Ask for the incident's status until it is ``ready``; return it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            status = self.notify("status", incident)
            if ready(status):
                return status
            assert time.monotonic() < deadline, f"still {status['deliveries']}\n{self.said()}"

    def said(self) -> str:
        """Return the end of what the processes said."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def _answers(self, url: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                with urlopen(url, timeout=5):
                    return
            except (URLError, OSError):
                dead = [process.args for process in self._processes if process.poll() is not None]
                assert not dead, f"{dead} ended\n{self.said()}"
                time.sleep(0.05)
        raise AssertionError(f"{url} never answered\n{self.said()}")


@contextmanager
def staged(database_url: str, var: Path) -> Iterator[Stage]:
    """Give a stage with its Redis and its simulator; end everything at the end."""
    redis = EmbeddedRedis(var)
    stage = Stage(database_url, var)
    redis.start()
    try:
        stage.start_simulator()
        yield stage
    finally:
        stage.stop()
        redis.stop()
