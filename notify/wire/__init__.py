"""A lean HTTP/1.1 client: kept connections to one origin, one exchange at a time on each.

It tells what a general client does not: whether a request without an answer can have left. It
repeats nothing, follows no redirect, unpacks no body, asks no proxy and logs nothing.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohappyeyeballs import AddrInfoType, start_connection

from notify.wire.connection import ANSWER_CAP, Answer, Connection, Lost, NotSent

__all__ = ["Answer", "Lost", "NotSent", "Origin", "header_fields"]

CONNECT_S, READ_S, TOTAL_S = 3.0, 10.0, 12.0
"""To look the name up, connect and agree on TLS; from the request to the whole answer; both."""
IDLE_S = 15.0
"""A connection unused for longer is left: the server may be about to close it."""
NAME_S = 10.0
"""How long the addresses of a name are believed: a burst of connections asks once."""
NEXT_ADDRESS_S = 0.25
"""When the next address is tried beside one that does not answer (RFC 8305)."""
CLOSE_S = 1.0
"""How long ``close`` waits for the event loop to have closed the sockets."""

_TARGET = re.compile(r"[!-~]+")
_FIELD = re.compile(r"[A-Za-z0-9-]+: [ -~]*")


def header_fields(fields: Mapping[str, str]) -> bytes:
    """Return ``fields`` as they go out, for ``Origin.exchange``; ``ValueError`` if they cannot."""
    lines = [f"{name}: {value}" for name, value in fields.items()]
    if not all(map(_FIELD.fullmatch, lines)):
        raise ValueError("A header field holds characters that must not be sent.")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


class Origin:
    """A server and the connections kept to it, opened as exchanges need them.

    There are as many connections as exchanges at once; the caller bounds those. It belongs to the
    event loop it is used in until it is closed. ``tls`` replaces the usual verification.
    """

    def __init__(
        self,
        base: str,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take scheme, host, port and the path before every target from ``base``."""
        parts = urlsplit(base)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._path = parts.path.rstrip("/")
        self._host_field = b"Host: %b\r\n" % parts.netloc.rpartition("@")[2].encode("ascii")
        self._connect_s, self._read_s = connect_s, read_s
        self._tls = tls
        self._idle: list[Connection] = []
        self._alive: set[Connection] = set()
        self._lookup: asyncio.Task[list[AddrInfoType]] | None = None
        self._looked_up = 0.0

    async def exchange(
        self, method: str, target: str, fields: bytes, body: bytes = b"", *, cap: int = ANSWER_CAP
    ) -> Answer:
        """Send one request, once, and return its answer; raises ``NotSent`` or ``Lost``.

        ``target`` is path and query, encoded; ``fields`` come from ``header_fields``; at most
        ``cap`` bytes of the answer's body are read. Cancelling it closes the connection.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        request = self._request(method, target, fields, body)
        connection = self._kept(began) or await self._connected(loop)
        deadline = min(loop.time() + self._read_s, began + TOTAL_S)
        timer = loop.call_at(deadline, connection.lose, "read_timeout")
        try:
            answer = await connection.exchange(request, cap)
        except BaseException:
            connection.abort()
            raise
        finally:
            timer.cancel()
        if connection.usable():
            connection.idle_since = loop.time()
            self._idle.append(connection)
        return answer

    async def close(self) -> None:
        """Close every connection and wait until they are; a later exchange opens new ones."""
        self._idle.clear()
        lookup, self._lookup = self._lookup, None
        if lookup is not None:
            lookup.cancel()
        alive = tuple(self._alive)
        for connection in alive:
            connection.abort()
        if alive:
            await asyncio.wait([connection.closed for connection in alive], timeout=CLOSE_S)

    def _request(self, method: str, target: str, fields: bytes, body: bytes) -> bytes:
        if not _TARGET.fullmatch(target):
            raise NotSent("bad_target")
        line = f"{method} {self._path}{target} HTTP/1.1\r\n".encode("ascii")
        length = b"" if method == "GET" else b"Content-Length: %d\r\n" % len(body)
        return b"%b%b%b%b\r\n%b" % (line, self._host_field, fields, length, body)

    def _kept(self, now: float) -> Connection | None:
        """Return the connection used last, if it can be written to."""
        while self._idle:
            connection = self._idle.pop()
            if now - connection.idle_since < IDLE_S and connection.quiet():
                return connection
            connection.abort()
        return None

    async def _connected(self, loop: asyncio.AbstractEventLoop) -> Connection:
        try:
            async with asyncio.timeout(self._connect_s):
                connection = await self._connect(loop)
        except TimeoutError:
            code = "connect_timeout"
        except ssl.SSLError:
            code = "tls"
        except (OSError, UnicodeError):  # UnicodeError: a name that cannot be asked for
            code = "unreachable"
        else:
            if connection.usable():
                return connection
            code = "unreachable"
        raise NotSent(code)

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection:
        if self._secure and self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        addresses = await self._addresses(loop)
        connected = await start_connection(addresses, happy_eyeballs_delay=NEXT_ADDRESS_S)
        # From here the socket is the event loop's: it closes it if this fails or is cancelled.
        _, connection = await loop.create_connection(
            lambda: Connection(loop, self._alive),
            sock=connected,
            ssl=self._tls if self._secure else None,
            server_hostname=self._host if self._secure else None,
        )
        return connection

    async def _addresses(self, loop: asyncio.AbstractEventLoop) -> list[AddrInfoType]:
        """Return the host's addresses; all who wait for them wait for one look-up."""
        lookup = self._lookup
        stale = loop.time() - self._looked_up > NAME_S
        if lookup is None or (lookup.done() and (stale or _failed(lookup))):
            lookup = self._lookup = loop.create_task(self._look_up(loop))
            # Nobody may be waiting any more; its failure is seen by whoever is.
            lookup.add_done_callback(_failed)
        return await asyncio.shield(lookup)

    async def _look_up(self, loop: asyncio.AbstractEventLoop) -> list[AddrInfoType]:
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        self._looked_up = loop.time()
        return list(found)


def _failed(task: asyncio.Task[list[AddrInfoType]]) -> bool:
    return task.cancelled() or task.exception() is not None
