"""E-mail through any SMTP server, on kept connections; give it one nearby that queues on disk.

A ``Message-ID`` that stays the same for every attempt of a delivery lets mailboxes drop the second
copy if the answer to the first was lost.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from email.utils import format_datetime

import aiosmtplib

from notify.channels.smtp_email.connection import (
    CONNECT_S,
    READ_S,
    Connection,
    MailServer,
    Reply,
    connect,
)
from notify.channels.smtp_email.mime import Skeleton, ascii_address
from notify.domain.delivery import Channel as ChannelName
from notify.ports import (
    Accepted,
    ChannelError,
    Outgoing,
    Rejected,
    Throttled,
    TimeSource,
    Unavailable,
    Uncertain,
)

TOTAL_S = 12.0
LATER_S = 60.0
"""A grey-listing server lets nobody in sooner, and says no date."""
IDLE_S = 20.0
"""A connection idle for longer is asked whether it is still there before a mail is tried on it."""
MAILS_PER_CONNECTION = 500

CLOSING = 421
_SIGN_IN = frozenset({530, 534, 535, 538})


class SmtpEmail:
    """The e-mail channel of one mail server and one sender."""

    name: ChannelName = ChannelName.EMAIL

    def __init__(
        self,
        smtp_url: str,
        mail_from: str,
        *,
        now: TimeSource,
        concurrency: int = 16,
        unsubscribe_url: Callable[[str], str] | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Read URL and sender; raises ``ValueError`` if one cannot be used."""
        self.concurrency = concurrency
        self._server = MailServer.from_url(smtp_url)
        self._skeleton = Skeleton(mail_from)
        self._now = now
        self._unsubscribe_url = unsubscribe_url
        self._tls_context = tls_context
        self.read_timeout = READ_S
        self._places = asyncio.Semaphore(concurrency)
        self._idle: list[Connection] = []
        self._date = (0, "")

    async def send(self, message: Outgoing) -> Accepted:
        """Hand ``message`` to the mail server; raise what ``notify.ports.Channel`` says."""
        recipient = _recipient(message.address)
        message_id = f"{message.delivery}@{self._skeleton.domain}"
        letter = self._letter(message, recipient, message_id)
        outcome = await self._deliver(recipient, letter)
        if outcome is None:
            return Accepted(provider_id=message_id)
        raise outcome

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        while self._idle:
            self._idle.pop().quit()

    async def _deliver(self, recipient: str, letter: bytes) -> ChannelError | None:
        """Return ``None`` for accepted, else what happened."""
        connection: Connection | None = None
        try:
            async with asyncio.timeout(TOTAL_S), self._places:
                connection = await self._connection()
                stage, reply = await connection.deliver(self._skeleton.address, recipient, letter)
                self._give_back(connection, reply)
        except aiosmtplib.SMTPException as error:
            return _not_opened(error)
        except OSError as error:  # TimeoutError is one
            return _lost(error, connection)
        except BaseException:
            if connection is not None:
                connection.abort()
            raise
        return None if stage == "accepted" else _refused(stage, reply)

    async def _connection(self) -> Connection:
        """Return an idle connection that is still there, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and await self._answers(connection):
                return connection
        return await connect(
            self._server,
            self._skeleton.domain,
            tls_context=self._tls_context,
            read_timeout=self.read_timeout,
        )

    async def _answers(self, connection: Connection) -> bool:
        """Ask a connection that was idle for long, so that no mail is risked on a dead one."""
        if asyncio.get_running_loop().time() - connection.idle_since < IDLE_S:
            return True
        try:
            async with asyncio.timeout(CONNECT_S):
                replies = await connection.exchange(b"NOOP\r\n")
        except OSError:  # TimeoutError is one
            connection.abort()
            return False
        return replies[0].code < 400

    def _give_back(self, connection: Connection, reply: Reply) -> None:
        if reply.code == CLOSING or connection.mails >= MAILS_PER_CONNECTION:
            connection.quit()
        elif connection.usable:
            self._idle.append(connection)

    def _letter(self, message: Outgoing, recipient: str, message_id: str) -> bytes:
        headers = [
            ("To", f"<{recipient}>"),
            ("Date", self._dated()),
            ("Message-ID", f"<{message_id}>"),
            ("Content-Language", message.language),
        ]
        if self._unsubscribe_url is not None:
            url = self._unsubscribe_url(message.delivery)
            headers.append(("List-Unsubscribe", f"<{url}>"))
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        texts = message.texts
        subject, text = texts["email_subject"], texts["email_text"]
        try:
            return self._skeleton.fill(headers, subject, text, texts.get("email_html", ""))
        except ValueError:
            pass
        raise Rejected("bad_header")

    def _dated(self) -> str:
        """Return the time as a header; made once a second."""
        now = self._now()
        second = int(now.timestamp())
        if self._date[0] != second:
            self._date = (second, format_datetime(now))
        return self._date[1]


def _recipient(address: str) -> str:
    try:
        return ascii_address(address)
    except ValueError:  # UnicodeError of a domain that is none is one, too
        pass
    raise Rejected("bad_address", address_dead=True)


def _lost(error: Exception, connection: Connection | None) -> ChannelError:
    """Return what a lost session means: before the final dot nothing was sent."""
    late = isinstance(error, TimeoutError)
    if connection is None:
        if isinstance(error, ssl.SSLError):
            return Unavailable("tls")
        return Unavailable("connect_timeout" if late else "unreachable")
    handed_over = connection.handed_over
    connection.abort()
    code = "read_timeout" if late else "connection_lost"
    return Uncertain(code) if handed_over else Unavailable(code)


def _not_opened(error: aiosmtplib.SMTPException) -> ChannelError:
    """Return what a session that could not be opened means; no mail was begun."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Unavailable(str(error.code), credentials=error.code in _SIGN_IN)
    if isinstance(error, aiosmtplib.SMTPTimeoutError):
        return Unavailable("connect_timeout")
    if isinstance(error.__cause__, ssl.SSLError):
        return Unavailable("tls")
    if isinstance(error, ConnectionError):
        return Unavailable("unreachable")
    # All that is left is a server without AUTH, or without the STARTTLS a password needs.
    return Unavailable("sign_in_not_offered", credentials=True)


def _refused(stage: str, reply: Reply) -> ChannelError:
    """Return what a refusal at MAIL, RCPT, DATA or after the letter means; nothing was sent."""
    if reply.code == CLOSING:
        return Unavailable(reply.label)
    if reply.code < 500:
        return Throttled(reply.label, retry_after=LATER_S)
    if reply.code in _SIGN_IN or (stage == "mail" and reply.code != 552):
        # The server does not know us or our sender: the next mail would fare no better.
        return Unavailable(reply.label, credentials=True)
    return Rejected(reply.label, address_dead=stage == "rcpt" and _no_mailbox(reply))


def _no_mailbox(reply: Reply) -> bool:
    """Return whether the address itself is wrong, and not a policy against this mail."""
    if reply.enhanced:
        return reply.enhanced.startswith("5.1.") or reply.enhanced == "5.2.1"
    return reply.code in {550, 551, 553}
