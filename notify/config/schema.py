"""The settings by their environment names: what each is for, its default and its check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

HOME = Path(__file__).resolve().parent.parent.parent
"""Where ``playbooks/`` and ``templates/`` lie."""

CHANNELS = ("sms", "push", "email")


class _Workers(fields.Field[dict[str, int]]):
    """``sms=1,push=2,email=1``; a channel that is not named has one worker."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, int]:
        workers = dict.fromkeys(CHANNELS, 1)
        for part in filter(None, str(value).split(",")):
            name, _sep, count = (side.strip() for side in part.partition("="))
            if name not in CHANNELS or not count.isdigit() or int(count) > 64:
                message = f"{part!r} is not CHANNEL=NUMBER; write it like sms=1,push=1,email=1"
                raise ValidationError(message)
            workers[name] = int(count)
        return workers


def _address(*starts: str, host: bool = False) -> Any:
    """Return a check for URLs; what it says never repeats the value, which may hold a password."""

    def check(value: str) -> None:
        if not value.startswith(starts):
            raise ValidationError(f"must start with {' or '.join(starts)}")
        try:
            parts = urlsplit(value)
            named = parts.port is None or parts.port > 0
        except ValueError as error:
            raise ValidationError("has a port that is not a number from 1 to 65535") from error
        if not named or (host and not parts.hostname):
            raise ValidationError(f"names no host; write it like {starts[-1]}race.example.org")

    return check


def _bind(value: str) -> None:
    host, _colon, port = value.rpartition(":")
    if not host or ":" in host or not port.isdecimal() or not 0 < int(port) <= 65_535:
        raise ValidationError("must be HOST:PORT, such as 127.0.0.1:8000")


_HTTP = _address("http://", "https://", host=True)
_POSITIVE = validate.Range(min=0, min_inclusive=False, error="must be greater than 0")


class SettingsSchema(Schema):
    """The settings by their environment names; ``metadata['doc']`` is what the manual says."""

    class Meta:
        """The environment holds much that is not ours."""

        unknown = EXCLUDE

    NOTIFY_DATABASE_URL = fields.String(
        load_default=None,
        # Three slashes: two would make the file's name a host.
        validate=_address("sqlite:///", "postgresql://", "postgresql+psycopg://"),
        metadata={"doc": "The database.", "default": "sqlite:///var/notify.db"},
    )
    NOTIFY_REDIS_URL = fields.String(
        load_default=None,
        validate=_address("redis://", "rediss://", "unix://"),
        metadata={"doc": "The Redis of the queues.", "default": "an embedded server"},
    )
    NOTIFY_VAR = fields.String(
        load_default="var",
        metadata={"doc": "Where embedded data, sockets and generated secrets live."},
    )
    NOTIFY_SECRET_KEY = fields.String(
        load_default=None,
        validate=validate.Length(min=16),
        metadata={"doc": "Signs sessions and links.", "default": "generated in NOTIFY_VAR"},
    )
    NOTIFY_PUBLIC_URL = fields.String(
        load_default="http://127.0.0.1:8000",
        validate=_HTTP,
        metadata={"doc": "The address runners and providers reach us at."},
    )
    NOTIFY_BIND = fields.String(
        load_default="127.0.0.1:8000",
        validate=_bind,
        metadata={"doc": "The address the web server listens on."},
    )
    NOTIFY_DEFAULT_REGION = fields.String(
        load_default="CN",
        validate=validate.Regexp(r"^[A-Z]{2}$", error="must be two capital letters, such as CN"),
        metadata={"doc": "Whose phone numbers have no country code, for races that do not say."},
    )
    NOTIFY_WORKERS = _Workers(
        load_default=dict.fromkeys(CHANNELS, 1),
        metadata={"doc": "Worker processes per channel.", "default": "sms=1,push=1,email=1"},
    )
    NOTIFY_PLAYBOOKS = fields.String(
        load_default=str(HOME / "playbooks"),
        metadata={"doc": "The folder of playbooks.", "default": "playbooks/"},
    )
    NOTIFY_TEMPLATES = fields.String(
        load_default=str(HOME / "templates" / "messages"),
        metadata={"doc": "The folder of wordings.", "default": "templates/messages/"},
    )
    TWILIO_ACCOUNT_SID = fields.String(load_default=None, metadata={"doc": "Twilio account."})
    TWILIO_AUTH_TOKEN = fields.String(load_default=None, metadata={"doc": "Twilio secret."})
    TWILIO_MESSAGING_SERVICE_SID = fields.String(
        load_default=None, metadata={"doc": "Sends through this Messaging Service."}
    )
    TWILIO_FROM = fields.String(
        load_default=None, metadata={"doc": "Sends from this number, without a Messaging Service."}
    )
    TWILIO_API_BASE = fields.String(
        load_default="https://api.twilio.com",
        validate=_HTTP,
        metadata={"doc": "Where Twilio's REST API is; for simulators."},
    )
    FCM_PROJECT_ID = fields.String(load_default=None, metadata={"doc": "Firebase project."})
    GOOGLE_APPLICATION_CREDENTIALS = fields.String(
        load_default=None, metadata={"doc": "File with the service account's key."}
    )
    FCM_API_BASE = fields.String(
        load_default="https://fcm.googleapis.com",
        validate=_HTTP,
        metadata={"doc": "Where FCM's HTTP v1 API is; for simulators."},
    )
    SMTP_URL = fields.String(
        load_default=None,
        validate=_address("smtp://", "smtps://", host=True),
        metadata={"doc": "The mail server: smtp[s]://user:pass@host:port."},
    )
    MAIL_FROM = fields.String(
        load_default=None,
        validate=validate.Email(error="must be an e-mail address"),
        metadata={"doc": "The sender's address."},
    )
    NOTIFY_RATE_SMS = fields.Float(
        load_default=None,
        validate=_POSITIVE,
        metadata={"doc": "SMS segments per second.", "default": "1"},
    )
    NOTIFY_RATE_PUSH = fields.Float(
        load_default=None,
        validate=_POSITIVE,
        metadata={"doc": "App pushes per second.", "default": "the provider's usual rate"},
    )
    NOTIFY_RATE_EMAIL = fields.Float(
        load_default=None,
        validate=_POSITIVE,
        metadata={"doc": "E-mails per second.", "default": "the provider's usual rate"},
    )
    NOTIFY_PRICE_SMS = fields.Float(
        load_default=None,
        validate=_POSITIVE,
        metadata={"doc": "Price of one SMS segment, for the preview.", "default": "not shown"},
    )
    NOTIFY_CURRENCY = fields.String(
        load_default="USD", metadata={"doc": "Currency of NOTIFY_PRICE_SMS."}
    )


SETTINGS: Mapping[str, str] = {
    name: item.metadata["doc"] for name, item in SettingsSchema().fields.items()
}
"""What each setting is for; the manual must name every one."""
