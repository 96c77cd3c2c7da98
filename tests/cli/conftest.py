"""The command as a person runs it, in this process: exit code, standard output, standard error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from notify.cli import main
from notify.config import SETTINGS
from notify.simulator.oauth import ServiceAccount
from notify.store.engine import Database
from tests.usecases.scene import CHANNEL_SETTINGS, register, runners, write_race


@dataclass
class Notify:
    """Runs ``notify`` with an environment that a test may change."""

    environment: dict[str, str | None]

    def __call__(self, *arguments: str, stdin: str | bytes | None = None, **changes: str) -> Result:
        environment: Mapping[str, str | None] = {**self.environment, **changes}
        return CliRunner().invoke(main, list(arguments), input=stdin, env=environment)


@pytest.fixture(scope="session")
def service_account(tmp_path_factory) -> Path:
    """Write a service account that Google's library can read, once: its key takes a while."""
    path: Path = tmp_path_factory.mktemp("account") / "account.json"
    ServiceAccount("race-tests").write(path, "http://127.0.0.1:9")
    return path


@pytest.fixture
def notify(sqlite_url, tmp_path, service_account) -> Notify:
    """Give the command on an empty installation with every channel on and no Redis."""
    nothing: dict[str, str | None] = dict.fromkeys(SETTINGS)
    nothing |= {f"{name}_FILE": None for name in SETTINGS}
    return Notify(
        nothing
        | {
            "NOTIFY_DATABASE_URL": sqlite_url,
            "NOTIFY_VAR": str(tmp_path / "var"),
            "NOTIFY_REDIS_URL": "redis://127.0.0.1:1/0",
            "GOOGLE_APPLICATION_CREDENTIALS": str(service_account),
            **CHANNEL_SETTINGS,
        }
    )


@pytest.fixture
def race(sqlite_url) -> Iterator[Database]:
    """Write a race with three runners; give the database."""
    database = Database(sqlite_url)
    write_race(database)
    register(database, *runners(3))
    yield database
    database.engine.dispose()


def refused(result: Result, code: int, *said: str) -> None:
    """Check a refusal: this code, these words on standard error, nothing else anywhere."""
    assert code == result.exit_code, result.output
    assert "" == result.stdout
    assert "Traceback" not in result.stderr
    for words in said:
        assert words in result.stderr
    assert isinstance(result.exception, SystemExit)
