"""One installation for tests: the real wiring on a test's own database, with a fake bell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from notify.bootstrap import build
from notify.config import load_settings
from notify.usecases.services import Services
from tests.fakes.bell import FakeBell

NOW = datetime(2026, 12, 5, 18, 0, tzinfo=UTC)
SECRET = "a secret for tests only"
PUBLIC_URL = "http://race.example"
TWILIO_TOKEN = "twilio token for tests"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Move on by a ``timedelta`` of ``span``."""
        self.now += timedelta(**span)


def installed(database_url: str, var: Path, **settings: str) -> Services:
    """Return the services of an installation whose channels are on and lead nowhere."""
    environment = {
        "NOTIFY_DATABASE_URL": database_url,
        "NOTIFY_VAR": str(var),
        "NOTIFY_SECRET_KEY": SECRET,
        "NOTIFY_PUBLIC_URL": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": "AC_test",
        "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
        "TWILIO_FROM": "+12025550100",
        "TWILIO_API_BASE": "http://127.0.0.1:9",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "race@example.org",
        **settings,
    }
    return build(load_settings(environment), now=Clock(), bell=FakeBell())
