"""Names, numbers and times as pages say them, in the language of the page."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_datetime
from flask import Flask
from flask_babel import format_decimal, get_locale, ngettext
from flask_babel import gettext as _

from notify.domain.race import Race

_PATTERNS = {
    "zh": {"when": "M月d日（EEE）HH:mm", "clock": "HH:mm", "zone": "ZZZZ"},
    "en": {"when": "EEE d MMM, HH:mm", "clock": "HH:mm", "zone": "ZZZZ"},
}


def install_words(app: Flask) -> None:
    """Give templates the filters below."""
    app.jinja_env.filters.update(
        number=number,
        money=money,
        seconds=seconds,
        when=when,
        clock=clock,
        zone=zone,
        channel_name=channel_name,
        kind_name=kind_name,
        severity_name=severity_name,
        left_out_reason=left_out_reason,
        status_name=status_name,
        language_name=language_name,
        people=people,
    )


def number(value: float) -> str:
    """Return ``value`` with its thousands set apart."""
    return str(format_decimal(value))


def money(amount: float, currency: str) -> str:
    """Return an amount with its currency: ``1,157.50 USD``."""
    return f"{format_decimal(amount, format='#,##0.00')} {currency}"


def seconds(value: float | timedelta | None) -> str:
    """Return a length of time as people say it: ``0.4 s``, ``12 s``, ``3 min``, ``2 h 05 min``."""
    if value is None:
        return "–"
    length = max(0.0, value.total_seconds() if isinstance(value, timedelta) else value)
    if length < 9.95:
        return str(_("%(n)s s", n=f"{length:.1f}"))
    if length < 100:
        return str(_("%(n)s s", n=round(length)))
    minutes = round(length / 60)
    if minutes < 60:
        return str(_("%(n)s min", n=minutes))
    return str(_("%(h)s h %(m)s min", h=minutes // 60, m=f"{minutes % 60:02}"))


def when(moment: datetime | str, race: Race) -> str:
    """Return a day and time on the race's clock, e.g. ``Sun 6 Dec, 07:30``."""
    return _format(moment, race, "when")


def clock(moment: datetime | str, race: Race) -> str:
    """Return a time of day on the race's clock, e.g. ``07:30``."""
    return _format(moment, race, "clock")


def zone(moment: datetime | str, race: Race) -> str:
    """Return the race's zone and what it differs by: ``America/Chicago, GMT-06:00``."""
    return f"{race.time_zone}, {_format(moment, race, 'zone')}"


def _format(moment: datetime | str, race: Race, pattern: str) -> str:
    aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    locale = get_locale()
    text = _PATTERNS[locale.language][pattern]
    return str(format_datetime(aware, text, tzinfo=race.zone, locale=locale))


def channel_name(channel: str) -> str:
    """Return what people call a channel."""
    names: dict[str, str] = {"sms": _("SMS"), "push": _("App push"), "email": _("E-mail")}
    return names.get(channel, channel)


def kind_name(kind: str) -> str:
    """Return what people call a kind of notice."""
    names: dict[str, str] = {
        "holding": _("Holding notice"),
        "alert": _("Notice"),
        "update": _("Update"),
        "correction": _("Correction"),
        "all_clear": _("All clear"),
        "reminder": _("Reminder"),
    }
    return names.get(kind, kind)


def severity_name(severity: str) -> str:
    """Return how serious something is, in a word."""
    names: dict[str, str] = {
        "minor": _("Minor"),
        "moderate": _("Moderate"),
        "severe": _("Severe"),
        "extreme": _("Extreme"),
    }
    return names.get(severity, severity)


def left_out_reason(reason: str) -> str:
    """Return why somebody is not told, in plain words."""
    reasons: dict[str, str] = {
        "status_not_affected": _("their registration is not affected (cancelled, for example)"),
        "course_not_affected": _("they run another course"),
        "wave_not_affected": _("they start in another wave"),
        "language_not_affected": _("they read another language"),
        "already_finished": _("they have finished already"),
        "no_payment_in_window": _("they did not pay, or try to, between those times"),
        "no_address": _("no phone, app or e-mail address is known"),
        "not_told_before": _("they did not get the earlier notice"),
    }
    return reasons.get(reason, reason)


def status_name(status: str) -> str:
    """Return where a message stands, in plain words."""
    names: dict[str, str] = {
        "planned": _("waiting"),
        "leased": _("about to leave"),
        "sending": _("leaving now"),
        "ambiguous": _("being checked with the provider"),
        "accepted": _("taken by the provider"),
        "sent": _("sent on by the provider"),
        "delivered": _("delivered"),
        "undelivered": _("not delivered"),
        "failed": _("refused by the provider"),
        "suppressed": _("not sent: opted out or address dead"),
        "cancelled": _("withdrawn before it left"),
        "expired": _("too late to be of use, not sent"),
    }
    return names.get(status, status)


def language_name(tag: str) -> str:
    """Return the name of a language of notices."""
    names: dict[str, str] = {"en": _("English"), "zh-CN": _("Chinese")}
    return names.get(tag, tag)


def people(count: int) -> str:
    """Return ``1 person``, ``11,634 people``."""
    return str(ngettext("%(count)s person", "%(count)s people", count, count=number(count)))
