"""What the use cases need of the outside world, and the errors a channel may answer with.

::

    ChannelError
    ├── Rejected      the provider refused this message for good; nothing was sent
    ├── Throttled     too fast; certainly not sent, not an attempt; wait ``retry_after`` seconds
    ├── Unavailable   certainly not sent (connect refused, DNS, TLS, signed out); try again later
    └── Uncertain     the request left and the answer is lost: it may have been sent

The error carries the decision, so that only the channel knows its provider's codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from notify.domain.delivery import Channel as ChannelName
from notify.domain.delivery import DeliveryStatus
from notify.domain.notice import Surface


class ChannelError(Exception):
    """A message was not accepted; ``code`` is the provider's own code or a short word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Rejected(ChannelError):
    """Refused for good. ``address_dead`` says that no message to this address can ever arrive."""

    def __init__(self, code: str, *, address_dead: bool = False, opted_out: bool = False) -> None:
        super().__init__(code)
        self.address_dead = address_dead
        self.opted_out = opted_out


class Throttled(ChannelError):
    """Refused because we are too fast; ``retry_after`` is in seconds."""

    def __init__(self, code: str, *, retry_after: float) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class Unavailable(ChannelError):
    """Certainly not sent. ``credentials`` says that our own sign-in was refused."""

    def __init__(self, code: str, *, credentials: bool = False) -> None:
        super().__init__(code)
        self.credentials = credentials


class Uncertain(ChannelError):
    """Perhaps sent: read time-out, connection closed after sending, 5xx, unreadable answer."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to leave.

    ``delivery`` is the delivery's id, which goes out with the message (callback URL, Message-ID,
    collapse key). ``texts`` holds the rendered surfaces of the channel: ``sms``; ``push_title``,
    ``push_body``; ``email_subject``, ``email_text``, ``email_html``. ``expires_at`` is when the
    message stops being of use (aware UTC). ``link`` opens the incident page.
    """

    delivery: str
    attempt: int
    address: str
    language: str
    texts: Mapping[str, str]
    expires_at: datetime
    link: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message under ``provider_id``; ``segments`` if it said how many."""

    provider_id: str
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider reports later about one delivery.

    ``event`` is unique per provider event, so that a repeated receipt is seen to be one.
    """

    channel: ChannelName
    delivery: str
    provider_id: str
    status: DeliveryStatus
    event: str
    error_code: str | None = None
    attempt: int | None = None


class Channel(Protocol):
    """One provider. Lives in one process and one event loop; ``send`` is called concurrently."""

    @property
    def name(self) -> ChannelName:
        """Which channel this is."""
        ...

    @property
    def concurrency(self) -> int:
        """How many ``send`` calls may be under way at once."""
        ...

    async def send(self, message: Outgoing) -> Accepted:
        """Hand ``message`` to the provider, once: no retry inside.

        Raises ``Rejected``, ``Throttled``, ``Unavailable`` or ``Uncertain``, and nothing else.
        The whole call takes at most 12 s (connect 3, read 10).
        """
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


@runtime_checkable
class Traceable(Protocol):
    """A channel whose provider can be asked what it knows of a message."""

    async def find(
        self, *, delivery: str, attempt: int, to: str, text: str, since: datetime
    ) -> Receipt | None:
        """Return what is known of the message to ``to`` with ``text``, made after ``since``.

        ``None`` says that it does not know it (yet). Raises ``Unavailable`` or ``Throttled`` when
        it did not answer.
        """
        ...

    async def fetch(self, sid: str, *, delivery: str, attempt: int | None = None) -> Receipt | None:
        """Return what the provider says of message ``sid`` now, ``None`` if it does not know it.

        Raises ``Unavailable`` or ``Throttled`` when it did not answer.
        """
        ...


class FaqPublisher(Protocol):
    """Something that shows incidents to people, and can be asked what it shows."""

    name: str

    def read_back(self, incident_id: str) -> Mapping[str, Mapping[Surface, str]]:
        """Return the texts shown for an incident now, by language and surface."""
        ...


class Bell(Protocol):
    """Wakes the workers of a lane; losing a ring loses nothing, the sweep rings again."""

    def ring(self, channels: Sequence[ChannelName]) -> bool:
        """Wake the workers of ``channels``; return whether the bell could be reached."""
        ...

    def announce(self, topic: str) -> None:
        """Tell open pages that something changed; best effort."""
        ...


class TimeSource(Protocol):
    """Where the time comes from."""

    def __call__(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """What ``check`` and the preview say about a channel."""

    name: ChannelName
    on: bool
    detail: str
    rate: float | None = None
    """Messages (SMS: segments) per second the provider takes, as configured or as it is known."""
    extra: Mapping[str, str] = field(default_factory=dict)
