"""How far an incident has come, as the page shows it: bars, rate, what is left, what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from flask_babel import gettext as _

from notify.domain.delivery import HANDED_OVER, REACHED, Channel, DeliveryStatus
from notify.domain.incident import IncidentStatus
from notify.usecases.status import Status, status
from notify.web.context import EXTENSION
from notify.web.recent import Recent
from notify.web.words import channel_name, status_name

_EXTENSION = "notify.progress"

_LOOKS = {
    DeliveryStatus.DELIVERED: "sure",
    DeliveryStatus.SENT: "part",
    DeliveryStatus.ACCEPTED: "part",
    DeliveryStatus.AMBIGUOUS: "on-way",
    DeliveryStatus.SENDING: "on-way",
    DeliveryStatus.LEASED: "on-way",
    DeliveryStatus.UNDELIVERED: "bad",
    DeliveryStatus.FAILED: "bad",
    DeliveryStatus.SUPPRESSED: "none",
    DeliveryStatus.CANCELLED: "none",
    DeliveryStatus.EXPIRED: "none",
    DeliveryStatus.PLANNED: "track",
}
"""The look of each status, in the order in which a bar shows them."""


@dataclass(frozen=True)
class Part:
    """A stretch of a bar, in thousandths of its length, and what it stands for."""

    look: str
    name: str
    count: int
    start: float
    length: float


@dataclass(frozen=True)
class Lane:
    """One channel of the notice."""

    name: str
    total: int
    reached: int
    parts: tuple[Part, ...]

    @property
    def alt(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.count} {part.name}" for part in self.parts)


@dataclass(frozen=True)
class Failure:
    """Messages of one channel that ended badly for the same reason."""

    channel: str
    reason: str
    code: str
    count: int


@dataclass(frozen=True)
class Progress:
    """Where an incident stands, ready for the page.

    ``state`` is the look of the state (going, held, done, over), ``live`` whether the page should
    look again by itself. ``rate`` is messages taken per second since the trigger, ``left`` the
    seconds until the last leaves at that rate.
    """

    state: str
    state_name: str
    live: bool
    permille: int
    lanes: tuple[Lane, ...]
    failures: tuple[Failure, ...]
    rate: float | None
    left: float | None


def recent_status(code: str) -> Status:
    """Return where an incident stood a moment ago; raises ``Unknown``."""
    recent: Recent[Status] = current_app.extensions[_EXTENSION]
    return recent.get(code)


def forget_status(code: str) -> None:
    """Look again at once: somebody has just changed something."""
    recent: Recent[Status] = current_app.extensions[_EXTENSION]
    recent.forget(code)


def install_progress(app: Flask) -> None:
    """Let pages that look every second share what the database is asked."""
    services = app.extensions[EXTENSION]
    app.extensions[_EXTENSION] = Recent(lambda code: status(code, services=services))


def progress_of(seen: Status, now: datetime) -> Progress:
    """Return ``seen`` ready for the page."""
    state, name = _state(seen)
    taken = _count(seen, HANDED_OVER)
    elapsed = max(0.001, (now - seen.created_at).total_seconds())
    finished = seen.seconds["all_accepted"]
    rate = taken / (finished or elapsed) if taken and not seen.held else None
    going = seen.open > 0 and not seen.held
    return Progress(
        state=state,
        state_name=name,
        live=going or state == "going",
        permille=round(1000 * seen.reached / seen.people) if seen.people else 0,
        lanes=tuple(_lane(name, seen.deliveries[name]) for name in _in_order(seen.deliveries)),
        failures=tuple(_failures(seen.failures)),
        rate=rate,
        left=seen.open / rate if going and rate else None,
    )


def _in_order(channels: Iterable[str]) -> list[Channel]:
    return [name for name in Channel if name in set(channels)]


def _count(seen: Status, which: frozenset[DeliveryStatus]) -> int:
    return sum(
        count
        for counts in seen.deliveries.values()
        for name, count in counts.items()
        if DeliveryStatus(name) in which
    )


def _state(seen: Status) -> tuple[str, str]:
    if seen.held and seen.open:
        return "held", _("Stopped")
    if seen.open and seen.seconds["published"] is None:
        return "going", _("Waiting for FAQ and page")
    if seen.open:
        return "going", _("Sending")
    if seen.status == IncidentStatus.RESOLVED:
        return "over", _("Closed")
    return "done", _("Everything has left")


def _lane(channel: str, counts: Mapping[str, int]) -> Lane:
    total = sum(counts.values())
    parts: list[Part] = []
    start = 0.0
    for name, look in _LOOKS.items():
        count = counts.get(name, 0)
        if count:
            length = 1000 * count / total
            parts.append(Part(look, status_name(name), count, round(start, 1), round(length, 1)))
            start += length
    reached = sum(counts.get(name, 0) for name in REACHED)
    return Lane(channel_name(channel), total, reached, tuple(parts))


def _failures(counts: Mapping[str, int]) -> list[Failure]:
    found = []
    for key, count in sorted(counts.items(), key=lambda item: -item[1]):
        channel, _colon, code = key.partition(":")
        found.append(Failure(channel_name(channel), reason_of(code), code, count))
    return found


def reason_of(code: str) -> str:
    """Return what an error code means to an organiser; the code is always shown beside it."""
    reasons: dict[str, str] = {
        "21211": _("not a phone number"),
        "21408": _("sending to this country is switched off at Twilio"),
        "21610": _("the person opted out (STOP)"),
        "21614": _("not a mobile phone"),
        "30003": _("the phone is off or out of coverage"),
        "30004": _("the phone's network blocks the message"),
        "30005": _("the number is not in use"),
        "30006": _("a landline, or a network that takes no SMS"),
        "30007": _("filtered as spam by the phone's network"),
        "30008": _("the phone's network does not say why"),
        "UNREGISTERED": _("the app was removed from the phone"),
        "SENDER_ID_MISMATCH": _("the app belongs to another project"),
        "INVALID_ARGUMENT": _("the app's address is not valid"),
        "bad_address": _("not an e-mail address"),
        "opted_out": _("the person opted out"),
        "dead": _("the address is known not to work"),
    }
    if code in reasons:
        return reasons[code]
    if code.startswith(("550", "551", "553", "5.1")):
        return str(_("the mailbox does not exist"))
    if code.startswith("552"):
        return str(_("the mailbox is full"))
    return str(_("refused by the provider"))
