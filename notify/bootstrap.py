"""The only place where things are built: settings become the services everything works with."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from notify.channels.fcm_push import FcmPush
from notify.channels.sealed import Sealed
from notify.channels.smtp_email import SmtpEmail
from notify.channels.twilio_sms import TwilioAccount, TwilioSms
from notify.config import Settings, load_settings
from notify.content import Content
from notify.domain.delivery import Channel as ChannelName
from notify.links import Links
from notify.playbooks import load_playbooks
from notify.ports import Bell, Channel, ChannelInfo, TimeSource
from notify.queueing.bell import RqBell
from notify.queueing.connection import check
from notify.queueing.embedded import embedded_url
from notify.store.engine import Database
from notify.store.journal import StoredSurfaces
from notify.usecases.services import Services

__all__ = ["build", "check_redis", "load_settings", "redis_url", "utc_now"]


def utc_now() -> datetime:
    """Return the time of this machine, aware, in UTC."""
    return datetime.now(UTC)


def build(
    settings: Settings,
    *,
    now: TimeSource = utc_now,
    bell: Bell | None = None,
    open_channel: Callable[[ChannelName, bool], Channel] | None = None,
) -> Services:
    """Wire one installation; nothing is connected yet.

    Raises ``notify.playbooks.PlaybookError`` for playbooks that cannot be used.
    """
    links = Links(settings.public_url, secret_key(settings))
    database = Database(settings.database_url)
    opener = _Opener(settings, links, now)
    return Services(
        settings=settings,
        database=database,
        now=now,
        playbooks=load_playbooks(settings.playbooks),
        content=Content(settings.templates),
        links=links,
        bell=bell or RqBell(redis_url(settings), workers=settings.workers),
        channels={name: opener.info(name) for name in ChannelName},
        surfaces=(StoredSurfaces(database),),
        open_channel=open_channel or opener.open,
        random_bytes=secrets.token_bytes,
        worker_name=f"{socket.gethostname()}:{os.getpid()}",
    )


def redis_url(settings: Settings) -> str:
    """Return the Redis to use: the one configured, else the embedded one of this machine."""
    return settings.redis_url or embedded_url(settings.var)


def check_redis(settings: Settings) -> str:
    """Return the version of the Redis in use; raises ``RedisRefused`` if it cannot be used."""
    return check(redis_url(settings))


def secret_key(settings: Settings) -> str:
    """Return the configured secret, else the one generated at first use, kept in ``var``."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.var / "secret_key"
    if path.exists():
        return path.read_text(encoding="ascii")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Filled under another name first: no process may ever read half a key.
    fresh = path.with_name(f"secret_key.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(32), encoding="ascii")
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
    return path.read_text(encoding="ascii")


class _Opener:
    """Knows which channels are on, and makes them."""

    def __init__(self, settings: Settings, links: Links, now: TimeSource) -> None:
        self._settings = settings
        self._links = links
        self._now = now

    def info(self, name: ChannelName) -> ChannelInfo:
        on, detail = {
            ChannelName.SMS: self._sms,
            ChannelName.PUSH: self._push,
            ChannelName.EMAIL: self._email,
        }[name]()
        return ChannelInfo(name, on=on, detail=detail, rate=self._settings.rates[name])

    def _sms(self) -> tuple[bool, str]:
        twilio = self._settings.twilio
        if twilio is None:
            return False, "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set"
        return True, f"Twilio at {twilio.api_base}"

    def _push(self) -> tuple[bool, str]:
        fcm = self._settings.fcm
        if fcm is None:
            return False, "FCM_PROJECT_ID is not set"
        if not _readable(fcm.credentials):
            return False, "GOOGLE_APPLICATION_CREDENTIALS names a file that cannot be read"
        return True, f"FCM project {fcm.project_id}"

    def _email(self) -> tuple[bool, str]:
        if self._settings.smtp is None:
            return False, "SMTP_URL and MAIL_FROM are not set"
        return True, f"SMTP as {self._settings.smtp.mail_from}"

    def open(self, name: ChannelName, drill: bool) -> Channel:
        """Make the channel; raises ``ValueError`` for one that is off."""
        if drill:
            return Sealed(name)
        twilio, fcm, smtp = self._settings.twilio, self._settings.fcm, self._settings.smtp
        if name is ChannelName.SMS and twilio is not None:
            account = TwilioAccount(
                twilio.account_sid, twilio.auth_token, twilio.sender, twilio.api_base
            )
            return TwilioSms(account, now=self._now, callback_url=self._links.receipt)
        if name is ChannelName.PUSH and fcm is not None:
            return FcmPush(fcm.project_id, fcm.credentials, now=self._now, api_base=fcm.api_base)
        if name is ChannelName.EMAIL and smtp is not None:
            return SmtpEmail(
                smtp.url, smtp.mail_from, now=self._now, unsubscribe_url=self._links.unsubscribe
            )
        message = f"channel {name} is off"
        raise ValueError(message)


def _readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)
