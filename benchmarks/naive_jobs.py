"""The naive design's jobs: each loads one row, sends one message, commits one row.

Written as most applications would: Twilio's own synchronous client, FCM through google-auth's
``AuthorizedSession``, ``smtplib`` with a connection per mail, templates compiled once. Clients are
kept for the life of the process, and the connection pool and journal mode of the database are ours.
"""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from typing import Any

from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from jinja2 import DictLoader, Environment, StrictUndefined
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notify.config import FcmSettings, Settings, SmtpSettings, TwilioSettings, load_settings
from notify.store.engine import Database

DATABASE_URL = "NAIVE_DATABASE_URL"
_TWILIO = "https://api.twilio.com"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"

_WHY = (
    "The Riverside Marathon is cancelled: strong wind. Do not travel to the race."
    " Next update by 14:00. https://riverside.example.com/i/k3x9"
)
_LETTER = (
    "Hello {{ person.name }},\n\nThe Riverside Marathon is cancelled because of strong wind.\n\n"
    "This is about everybody in the {{ person.course }}. Your bib is {{ person.bib }}.\n\n"
    "Do not travel to the race. Entries move to next year at no cost; see clause 7.2 of the rules."
    "\n\nThe next update comes by 14:00. The latest is always at"
    " https://riverside.example.com/i/k3x9\n\nWe know what you have put into this.\n"
)
TEMPLATES = {
    "sms.txt": f"Riverside: {{{{ person.name }}}}, {_WHY}",
    "push.txt": f"{{{{ person.name }}}}: {_WHY}",
    "email.txt": _LETTER,
    "email.html": f"<html><body><p>{_LETTER}</p></body></html>",
}


class Base(DeclarativeBase):
    """The naive design's tables."""


class Message(Base):
    """One message to one address."""

    __tablename__ = "naive_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    address: Mapped[str]
    name: Mapped[str]
    bib: Mapped[str]
    course: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    provider_id: Mapped[str | None]
    sent_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Kept:
    """What a worker process makes once."""

    reading: Session
    writing: Session
    templates: Environment
    send: Callable[[Message, Callable[[str], str]], str]


def send_message(message_id: int) -> None:
    """Send one message and record it: the whole job."""
    kept = made()
    with kept.reading as session:
        message = session.get_one(Message, message_id)
        session.expunge(message)

    def rendered(name: str) -> str:
        return kept.templates.get_template(name).render(person=message)

    provider_id = kept.send(message, rendered)
    with kept.writing as session:
        row = session.get_one(Message, message_id)
        row.status, row.provider_id, row.sent_at = "sent", provider_id, datetime.now(UTC)
        session.commit()


@cache
def made() -> Kept:
    """Return this process's database, templates and clients, made on first use."""
    engine = Database(os.environ[DATABASE_URL]).engine
    return Kept(
        reading=Session(engine),
        # SQLite would refuse writers at random without its write lock taken at the start.
        writing=Session(engine.execution_options(notify_write=True)),
        templates=Environment(
            loader=DictLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
        ),
        send=_SENDERS[os.environ["NAIVE_CHANNEL"]](load_settings()),
    )


class _ToSimulator(TwilioHttpClient):  # type: ignore[misc]  # the SDK ships no types
    def __init__(self, api_base: str) -> None:
        super().__init__(timeout=10)
        self._api_base = api_base

    def request(self, method: str, url: str, *rest: Any, **options: Any) -> Any:
        return super().request(method, url.replace(_TWILIO, self._api_base), *rest, **options)


def _sms(settings: Settings) -> Callable[[Message, Callable[[str], str]], str]:
    twilio = settings.twilio
    assert isinstance(twilio, TwilioSettings)  # noqa: S101 - the stage sets it
    http = _ToSimulator(twilio.api_base)
    # Taken here, because the SDK imports most of itself at this moment: not in a timed message.
    messages = Client(twilio.account_sid, twilio.auth_token, http_client=http).messages

    def send(message: Message, rendered: Callable[[str], str]) -> str:
        created = messages.create(to=message.address, from_=twilio.sender, body=rendered("sms.txt"))
        return str(created.sid)

    return send


def _push(settings: Settings) -> Callable[[Message, Callable[[str], str]], str]:
    fcm = settings.fcm
    assert isinstance(fcm, FcmSettings)  # noqa: S101 - the stage sets it
    credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
        str(fcm.credentials), scopes=[_SCOPE]
    )
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    url = f"{fcm.api_base}/v1/projects/{fcm.project_id}/messages:send"

    def send(message: Message, rendered: Callable[[str], str]) -> str:
        notification = {"title": "Race cancelled", "body": rendered("push.txt")}
        document = {"message": {"token": message.address, "notification": notification}}
        answer = session.post(url, json=document, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["name"])

    return send


def _email(settings: Settings) -> Callable[[Message, Callable[[str], str]], str]:
    smtp = settings.smtp
    assert isinstance(smtp, SmtpSettings)  # noqa: S101 - the stage sets it
    host, _, port = smtp.url.removeprefix("smtp://").partition(":")

    def send(message: Message, rendered: Callable[[str], str]) -> str:
        letter = EmailMessage()
        letter["From"], letter["To"] = smtp.mail_from, message.address
        letter["Subject"] = "Race cancelled: Riverside Marathon"
        letter["Message-ID"] = f"<naive-{message.id}@example.com>"
        letter.set_content(rendered("email.txt"))
        letter.add_alternative(rendered("email.html"), subtype="html")
        with smtplib.SMTP(host, int(port), timeout=10) as connection:
            connection.send_message(letter)
        return str(letter["Message-ID"])

    return send


_SENDERS = {"sms": _sms, "push": _push, "email": _email}
