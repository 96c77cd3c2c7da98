"""The real parts of a measurement: database, Redis, simulated providers, workers; all ended."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
from redis import Redis
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from notify.config import CHANNELS, HOME
from notify.queueing.embedded import EmbeddedRedis
from notify.simulator.config import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from tests.services.postgres import Cluster, Databases
from tests.services.processes import child_environment, free_port, own_directory

START_S = 30.0
END_S = 15.0
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""What production runs with; the tests' own cluster trades it for speed."""


class BenchmarkFailed(Exception):
    """Nothing can be said about speed; the text says why."""


@dataclass
class Stage:
    """Servers that run, and how to start more processes beside them.

    ``parts`` are the processes whose cost is measured, by name. SQLite has none of its own: it
    runs within the workers.
    """

    home: Path
    database: str
    environment: Mapping[str, str]
    api_base: str
    naive_database_url: str
    parts: dict[str, list[int]]
    _stack: ExitStack
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, **settings: str) -> int:
        """Start one of our programs and return its process id; the stage ends it."""
        process = self._popen(command, settings, stdout=None)
        return process.pid

    def start_workers(self) -> dict[str, int]:
        """Start one real worker process per channel and return their ids."""
        return {channel: self.start(str(HOME / "worker.py"), channel) for channel in CHANNELS}

    def start_until_line(self, *command: str) -> tuple[int, bytes]:
        """Start a program and return its id and the first line it prints."""
        process = self._popen(command, {}, stdout=subprocess.PIPE)
        assert process.stdout is not None  # noqa: S101 - asked for
        self._stack.callback(process.stdout.close)
        if not select.select([process.stdout], [], [], START_S)[0]:
            raise BenchmarkFailed(f"{' '.join(command)} did not start; {self.last_words()}")
        return process.pid, process.stdout.readline()

    def check(self) -> None:
        """Raise ``BenchmarkFailed`` when a process has ended that should be running."""
        for process in self._started:
            if process.poll() not in {None, 0}:
                raise BenchmarkFailed(f"a process ended by itself; {self.last_words()}")

    def last_words(self) -> str:
        """Return the end of what the processes said."""
        said = self._log.read_text(errors="replace") if self._log.exists() else ""
        return f"they said: {said[-2000:] or 'nothing'}"

    def stats(self) -> dict[str, Any]:
        """Return what the simulated providers counted so far."""
        with urlopen(f"{self.api_base}/_stats", timeout=5) as answer:  # noqa: S310 - ours
            document: dict[str, Any] = json.load(answer)
        return document

    def accepted(self) -> int:
        """Return how many messages the simulated providers have accepted."""
        return int(sum(self.stats()["accepted"].values()))

    def first_accepted_at(self) -> float:
        """Return when the providers accepted the first message, in seconds since the epoch."""
        with urlopen(f"{self.api_base}/_log?limit=1&raw=1", timeout=5) as answer:  # noqa: S310
            log = json.load(answer)
        return float(min(message["at"] for messages in log.values() for message in messages))

    def end(self) -> None:
        """End every process started: ask, wait, then insist."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + END_S
        for process in self._started:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _kill_tree(process)
        self._started.clear()

    @property
    def _log(self) -> Path:
        return self.home / "processes.log"

    def _popen(
        self, command: Sequence[str], settings: Mapping[str, str], *, stdout: int | None
    ) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=HOME,
                env={**self.environment, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
            )
        self._started.append(process)
        return process


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with the work-horse it may have forked."""
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.kill()
    process.wait()


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """Give a stage with a new ``sqlite`` or ``postgresql`` database; everything ends with it."""
    with ExitStack() as stack:
        home = own_directory("bench")
        url, naive_url, server = _DATABASES[database](home, stack)
        redis = EmbeddedRedis(home)
        stack.callback(redis.stop)
        redis.start()
        made = Stage(
            home=home,
            database=database,
            environment=_environment(home, url),
            api_base="",
            naive_database_url=naive_url,
            parts={"database": server, "redis": [_redis_pid(redis.url)]},
            _stack=stack,
        )
        stack.callback(made.end)
        key = home / "service-account.json"
        pid, line = made.start_until_line("-m", "benchmarks.providers", str(key))
        made.parts["simulator"] = [pid]
        _point_at(made, json.loads(line or b"{}"))
        yield made


def _environment(home: Path, database_url: str) -> dict[str, str]:
    web = free_port()
    return child_environment(
        NOTIFY_VAR=str(home),
        NOTIFY_DATABASE_URL=database_url,
        NOTIFY_BIND=f"127.0.0.1:{web}",
        NOTIFY_PUBLIC_URL=f"http://127.0.0.1:{web}",
        TWILIO_ACCOUNT_SID=DEFAULT_ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=DEFAULT_AUTH_TOKEN,
        TWILIO_FROM="+18005550199",
        FCM_PROJECT_ID="benchmark",
        GOOGLE_APPLICATION_CREDENTIALS=str(home / "service-account.json"),
        MAIL_FROM="race@example.com",
    )


def _point_at(made: Stage, ports: Mapping[str, int]) -> None:
    if "http" not in ports:
        raise BenchmarkFailed(f"the simulated providers did not start; {made.last_words()}")
    made.api_base = f"http://127.0.0.1:{ports['http']}"
    made.environment = {
        **made.environment,
        "TWILIO_API_BASE": made.api_base,
        "FCM_API_BASE": made.api_base,
        "SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}",
    }


def _sqlite(home: Path, _stack: ExitStack) -> tuple[str, str, list[int]]:
    return f"sqlite:///{home}/notify.db", f"sqlite:///{home}/naive.db", []


def _postgresql(_home: Path, stack: ExitStack) -> tuple[str, str, list[int]]:
    cluster = Cluster(**DURABLE)
    stack.callback(cluster.stop)
    cluster.start()
    databases = Databases(cluster.url, "bench")
    return databases.create(), databases.create(), [_postmaster(databases.create())]


def _postmaster(url: str) -> int:
    """Return the id of the server's first process, which is the parent of every other."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return psutil.Process(backend).ppid()


def _redis_pid(url: str) -> int:
    with Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


_DATABASES: Mapping[str, Callable[[Path, ExitStack], tuple[str, str, list[int]]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}
