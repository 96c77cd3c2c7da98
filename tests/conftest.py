"""What a test may ask for: databases, Redis, a browser; and the check for processes left."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import make_url

from notify.store.migrations import upgrade
from tests.services.chromium import ARGUMENTS, find_chromium
from tests.services.postgres import Cluster, Databases, name_of
from tests.services.processes import begin_run, describe, end, end_run, left_behind, own_directory
from tests.services.processes import free_port as find_free_port
from tests.services.redis_server import RedisServer

MARKED_BY_FIXTURE = {"redis_url": "redis", "make_redis": "redis", "browser": "browser"}
SCREENS = {"phone": (390, 844), "desktop": (1280, 900)}
_leaks = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's directory, once for all of the run's processes."""
    if _is_controller(config):
        begin_run()
        # Ended from outside is ended in good order too: the servers stop and the leak check runs.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the real parts it asks for."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKED_BY_FIXTURE:
                item.add_marker(MARKED_BY_FIXTURE[fixture])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what the tests left running, and fail because of it."""
    if not _is_controller(session.config):
        return
    left = left_behind()
    session.config.stash[_leaks] = [describe(process) for process in left]
    end(left)
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name each process that was left running."""
    leaks = config.stash.get(_leaks, [])
    if leaks:
        terminalreporter.section("processes left running by the tests: FAILED", red=True)
        for leak in leaks:
            terminalreporter.line(leak)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run's directory."""
    if _is_controller(config):
        end_run()


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Give a function that returns a free TCP port of 127.0.0.1 at every call."""
    return find_free_port


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Give an empty directory whose path is short enough for Unix sockets inside it."""
    directory = own_directory("t")
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """Give a PostgreSQL server on which databases can be made; one per process of the test run."""
    prefix = f"notify_test_{os.getpid()}"
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Databases(make_url(given), prefix)
        return
    cluster = Cluster()
    cluster.start()
    try:
        yield Databases(cluster.url, prefix)
    finally:
        cluster.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run the test once on each database."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a new, empty database; the test runs on SQLite and on PostgreSQL."""
    yield from _new_database(database_kind, request, template=None)


@pytest.fixture
def migrated_url(database_kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a new database with our tables; the test runs on SQLite and on PostgreSQL."""
    yield from _new_database(database_kind, request, template=f"migrated_{database_kind}")


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a new SQLite database with our tables, where the kind does not matter."""
    yield from _new_database("sqlite", request, template="migrated_sqlite")


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a new PostgreSQL database with our tables."""
    yield from _new_database("postgresql", request, template="migrated_postgresql")


@pytest.fixture(scope="session")
def migrated_sqlite() -> str:
    """Migrate one SQLite file and give its URL; each test gets a copy."""
    url = f"sqlite:///{own_directory('sqlite')}/template.db"
    upgrade(url)
    return url


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: Databases) -> str:
    """Migrate one PostgreSQL database and give its URL; each test gets a copy."""
    url = postgres.create()
    upgrade(url)
    return url


def _new_database(
    kind: str, request: pytest.FixtureRequest, *, template: str | None
) -> Iterator[str]:
    source: str | None = request.getfixturevalue(template) if template else None
    make = _new_sqlite if kind == "sqlite" else _new_postgresql
    yield from make(request, source)


def _new_sqlite(request: pytest.FixtureRequest, source: str | None) -> Iterator[str]:
    directory: Path = request.getfixturevalue("short_path")
    if source:
        shutil.copyfile(name_of(source), directory / "notify.db")
    yield f"sqlite:///{directory}/notify.db"


def _new_postgresql(request: pytest.FixtureRequest, source: str | None) -> Iterator[str]:
    databases: Databases = request.getfixturevalue("postgres")
    url = databases.create(name_of(source) if source else "template0")
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Give a running Redis; one per process of the test run. Tests ask for `redis_url` instead."""
    server = RedisServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Give the URL of an empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
def make_redis() -> Iterator[Callable[..., RedisServer]]:
    """Give a function that starts a Redis of the test's own, which it may kill and start again."""
    servers: list[RedisServer] = []

    def make(*, appendonly: bool = False, **config: str) -> RedisServer:
        server = RedisServer(appendonly=appendonly, **config)
        servers.append(server)
        server.start()
        return server

    yield make
    for server in servers:
        server.stop()


# One browser per module, not per run: Playwright's event loop stays "running" in the main thread
# while its browser lives, and `asyncio.run` in another module's tests would refuse to start.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a Chromium; tests ask for `page` unless they need several visitors."""
    executable = find_chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(params=[pytest.param(size, id=name) for name, size in SCREENS.items()])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give an empty page on a phone's and on a desktop's screen; a script error fails the test."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert [] == errors
