"""Settings from the environment: read once, checked at once, all problems reported together.

This is the only module that reads the environment. A secret may also come from a file: for every
``NAME``, ``NAME_FILE`` names a file whose first line is the value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from notify.config.schema import CHANNELS, HOME, SETTINGS, SettingsSchema

__all__ = [
    "CHANNELS",
    "HOME",
    "SETTINGS",
    "Settings",
    "SettingsError",
    "child_environment",
    "load_settings",
]


class SettingsError(ValueError):
    """One or more settings are missing or wrong; ``problems`` lists them all."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """How to reach Twilio; ``sender`` is a Messaging Service SID or a number."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_base: str


@dataclass(frozen=True, slots=True)
class FcmSettings:
    """How to reach Firebase Cloud Messaging, HTTP v1."""

    project_id: str
    credentials: Path
    api_base: str


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach the mail server; the URL may hold a password."""

    url: str = field(repr=False)
    mail_from: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the product can be told from outside. A channel that is ``None`` is off."""

    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    var: Path
    secret_key: str | None = field(repr=False)
    public_url: str
    bind: str
    default_region: str
    workers: Mapping[str, int]
    playbooks: Path
    templates: Path
    twilio: TwilioSettings | None
    fcm: FcmSettings | None
    smtp: SmtpSettings | None
    rates: Mapping[str, float | None]
    price_sms: float | None
    currency: str


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in ``environment`` (the process's own when omitted).

    Raises ``SettingsError`` with every problem found.
    """
    problems: list[str] = []
    raw = _with_files(os.environ if environment is None else environment, problems)
    try:
        values = SettingsSchema().load(raw)
    except ValidationError as error:
        problems += [f"{name}: {' '.join(texts)}" for name, texts in sorted(_texts(error))]
        # On with what was typed: a wrong setting is not a missing one, and others may be.
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        values = {**raw, **valid}
    twilio, fcm, smtp = _twilio(values, problems), _fcm(values, problems), _smtp(values, problems)
    if problems:
        raise SettingsError(problems)
    var = Path(values["NOTIFY_VAR"]).absolute()
    return Settings(
        database_url=_database_url(values["NOTIFY_DATABASE_URL"], var),
        redis_url=values["NOTIFY_REDIS_URL"],
        var=var,
        secret_key=values["NOTIFY_SECRET_KEY"],
        public_url=values["NOTIFY_PUBLIC_URL"].rstrip("/"),
        bind=values["NOTIFY_BIND"],
        default_region=values["NOTIFY_DEFAULT_REGION"],
        workers=values["NOTIFY_WORKERS"],
        playbooks=Path(values["NOTIFY_PLAYBOOKS"]),
        templates=Path(values["NOTIFY_TEMPLATES"]),
        twilio=twilio,
        fcm=fcm,
        smtp=smtp,
        rates={name: values[f"NOTIFY_RATE_{name.upper()}"] for name in CHANNELS},
        price_sms=values["NOTIFY_PRICE_SMS"],
        currency=values["NOTIFY_CURRENCY"],
    )


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of this process with ``changes``, for a process it starts."""
    return {**os.environ, **changes}


def _texts(error: ValidationError) -> list[tuple[str, list[str]]]:
    return list(error.messages.items()) if isinstance(error.messages, dict) else []


def _with_files(environment: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    raw = {name: value for name in SETTINGS if (value := environment.get(name, "").strip())}
    for name in SETTINGS:
        path = environment.get(f"{name}_FILE", "").strip()
        if not path or name in raw:
            continue
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            problems.append(f"{name}_FILE: cannot read {path}")
            continue
        raw[name] = lines[0].strip() if lines else ""
    return raw


def _database_url(url: str | None, var: Path) -> str:
    if url is None:
        return f"sqlite:///{var / 'notify.db'}"
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme == "postgresql" else url


def _all_or_none(values: Mapping[str, Any], names: list[str], problems: list[str]) -> bool:
    """Return whether all of ``names`` are set; some but not all is a problem."""
    missing = [name for name in names if not values[name]]
    if missing and len(missing) < len(names):
        there = next(name for name in names if values[name])
        problems += [f"{name}: required, because {there} is set" for name in missing]
    return not missing


def _twilio(values: Mapping[str, Any], problems: list[str]) -> TwilioSettings | None:
    sender = values["TWILIO_MESSAGING_SERVICE_SID"] or values["TWILIO_FROM"]
    if not _all_or_none(values, ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"], problems):
        return None
    if not sender:
        problems.append("TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM: one of them is required")
        return None
    return TwilioSettings(
        account_sid=values["TWILIO_ACCOUNT_SID"],
        auth_token=values["TWILIO_AUTH_TOKEN"],
        sender=sender,
        api_base=values["TWILIO_API_BASE"].rstrip("/"),
    )


def _fcm(values: Mapping[str, Any], problems: list[str]) -> FcmSettings | None:
    if not values["FCM_PROJECT_ID"]:  # Google's own variable alone may serve other software.
        return None
    if not values["GOOGLE_APPLICATION_CREDENTIALS"]:
        problems.append("GOOGLE_APPLICATION_CREDENTIALS: required, because FCM_PROJECT_ID is set")
        return None
    return FcmSettings(
        project_id=values["FCM_PROJECT_ID"],
        credentials=Path(values["GOOGLE_APPLICATION_CREDENTIALS"]),
        api_base=values["FCM_API_BASE"].rstrip("/"),
    )


def _smtp(values: Mapping[str, Any], problems: list[str]) -> SmtpSettings | None:
    if not _all_or_none(values, ["SMTP_URL", "MAIL_FROM"], problems):
        return None
    return SmtpSettings(url=values["SMTP_URL"], mail_from=values["MAIL_FROM"])
