"""One kept connection to the mail server: opened by aiosmtplib, then a mail in two round trips.

aiosmtplib knows greeting, EHLO, STARTTLS and AUTH. The mail transaction is ours, because two things
matter that it does not tell or do: whether the connection was lost before or after the final dot
(before: certainly not sent; after: nobody knows), and PIPELINING (RFC 2920), which halves the round
trips.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from typing import NamedTuple, cast
from urllib.parse import unquote, urlsplit

import aiosmtplib

CONNECT_S, READ_S = 3.0, 10.0
REPLY_CAP = 65_536
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to hand mail in, and as whom."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Read ``smtp[s]://[user:password@]host[:port]``; its ``ValueError`` does not quote it."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        if not host or parts.scheme not in {"smtp", "smtps"}:
            raise ValueError("The mail server must look like smtp[s]://user:password@host:port.")
        tls = parts.scheme == "smtps"
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password or "") if username is not None else None
        return cls(host, port or (465 if tls else 25), tls, username, password)

    @property
    def start_tls(self) -> bool | None:
        """Return whether STARTTLS is demanded (true), used if offered (none) or left out (false).

        A password never crosses a network in the clear, so with one TLS is demanded; a server on
        this machine may do without, and then its self-made certificate does not matter.
        """
        if self.tls:
            return False
        if self.host in LOOPBACK:
            return None if self.username is not None else False
        return True if self.username is not None else None


class Reply(NamedTuple):
    """A server's answer. Its text may quote the address, so only the codes leave this package."""

    code: int
    enhanced: str

    @property
    def label(self) -> str:
        """Return the codes as one word for a log: "550 5.1.1"."""
        return f"{self.code} {self.enhanced}".rstrip()


class Connection(asyncio.Protocol):
    """A signed-in session; one exchange at a time."""

    def __init__(self, transport: asyncio.Transport, pipelining: bool, read_timeout: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._pipelining = pipelining
        self._read_timeout = read_timeout
        self._buffer = bytearray()
        self._wanted = 0
        self._replies: list[Reply] = []
        self._waiter: asyncio.Future[list[Reply]] | None = None
        self.idle_since = self._loop.time()
        self.mails = 0
        self.handed_over = False
        """Whether the final dot of the current mail was written and its reply has not come."""

    @property
    def usable(self) -> bool:
        """Return whether the next command can be written."""
        return not self._transport.is_closing()

    def data_received(self, data: bytes) -> None:
        """Collect replies; one that nobody waits for is the server saying good-bye."""
        self._buffer += data
        if len(self._buffer) > REPLY_CAP or self._waiter is None:
            self.abort()
            return
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if not line[:3].isdigit():
                self.abort()
                return
            if line[3:4] != b"-":
                self._replies.append(_reply(line))
        if len(self._replies) >= self._wanted and not self._waiter.done():
            self._waiter.set_result(self._replies)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the one who waits."""
        self._fail(ConnectionResetError("lost"))

    def abort(self) -> None:
        """Drop the connection: what it would answer next can no longer be paired."""
        self._transport.abort()
        self._fail(ConnectionResetError("aborted"))

    def quit(self) -> None:
        """Say good-bye without waiting for the answer."""
        if self.usable:
            self._transport.write(b"QUIT\r\n")
        self._transport.close()

    async def deliver(self, sender: str, recipient: str, letter: bytes) -> tuple[str, Reply]:
        """Hand one letter in; return the stage that decided ("accepted" at best) and its reply.

        Raises ``ConnectionError`` or ``TimeoutError``; ``handed_over`` then says how far it came.
        """
        self.mails += 1
        mail, to = b"MAIL FROM:<%b>\r\n" % sender.encode(), b"RCPT TO:<%b>\r\n" % recipient.encode()
        stage, reply, data_open = await self._envelope(mail, to)
        if stage == "ready":
            return await self._letter(letter)
        await self._reset(data_open)
        return stage, reply

    async def exchange(self, data: bytes, replies: int = 1) -> list[Reply]:
        """Write ``data`` and return its replies; raises ``ConnectionError``, ``TimeoutError``."""
        if not self.usable:
            raise ConnectionResetError("closed")
        waiter: asyncio.Future[list[Reply]] = self._loop.create_future()
        self._waiter = waiter
        self._wanted, self._replies = replies, []
        self._transport.write(data)
        timer = self._loop.call_later(self._read_timeout, self._fail, TimeoutError("read"))
        try:
            return await waiter
        finally:
            timer.cancel()
            self._waiter = None
            self.idle_since = self._loop.time()

    async def _envelope(self, mail: bytes, to: bytes) -> tuple[str, Reply, bool]:
        """Return stage, deciding reply and whether DATA is open although it must not be used."""
        stages = (("mail", mail), ("rcpt", to), ("data", b"DATA\r\n"))
        if self._pipelining:
            answers = await self.exchange(mail + to + b"DATA\r\n", 3)
        else:
            answers = []
            for _, command in stages:
                answers += await self.exchange(command)
                if answers[-1].code >= 400:
                    break
        for (stage, _), reply in zip(stages, answers, strict=False):
            if reply.code >= 400:
                return stage, reply, len(answers) == 3 and answers[2].code == 354
        if answers[-1].code != 354:
            raise ConnectionResetError("not SMTP")
        return "ready", answers[-1], False

    async def _reset(self, data_open: bool) -> None:
        """Make the connection ready for the next mail after a refusal, or drop it."""
        try:
            if data_open:
                # The server opened DATA although it took no recipient: end it with nothing.
                await self.exchange(b".\r\n")
            await self.exchange(b"RSET\r\n")
        except OSError:  # TimeoutError is one; the refusal stands, whatever becomes of the rest
            self.abort()

    async def _letter(self, letter: bytes) -> tuple[str, Reply]:
        if b"\r\n." in letter:
            letter = letter.replace(b"\r\n.", b"\r\n..")
        if not self.usable:
            raise ConnectionResetError("closed")
        self.handed_over = True
        reply = (await self.exchange(letter + b".\r\n"))[0]
        self.handed_over = False
        return ("accepted" if reply.code < 400 else "letter"), reply

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)


async def connect(
    server: MailServer,
    hello: str,
    *,
    tls_context: ssl.SSLContext | None = None,
    read_timeout: float = READ_S,
) -> Connection:
    """Open a session and sign in; raises ``aiosmtplib.SMTPException`` or ``OSError``."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.tls,
        start_tls=server.start_tls,
        local_hostname=hello,
        timeout=read_timeout,
        tls_context=tls_context,
    )
    try:
        await client.connect(timeout=CONNECT_S)
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        transport = cast(asyncio.Transport, client.transport)
        connection = Connection(transport, client.supports_extension("pipelining"), read_timeout)
    except BaseException:
        client.close()
        raise
    # From here on the session is ours; aiosmtplib has no part in it any more.
    transport.set_protocol(connection)
    return connection


def _reply(line: bytes) -> Reply:
    found = _ENHANCED.match(line[4:].decode("ascii", "replace"))
    return Reply(int(line[:3]), found.group() if found else "")
