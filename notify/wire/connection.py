"""One HTTP/1.1 connection on httptools' parser, and how an exchange on it can end."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Mapping
from typing import NamedTuple, cast

import httptools

HEAD_CAP, ANSWER_CAP = 65_536, 65_536
"""Bytes of an answer that are read: before its body, and of its body unless told otherwise."""

_NOT_HTTP = (httptools.HttpParserError, httptools.HttpParserUpgrade)


class WireError(Exception):
    """An exchange ended without an answer; ``code`` is a short word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotSent(WireError):
    """Not a byte of the request has left."""


class Lost(WireError):
    """The request may have been carried out: it left, and no readable answer came back."""


class Answer(NamedTuple):
    """An answer; ``headers`` are named in lower case, ``body`` is cut at the cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One connection; the parser calls the ``on_…`` methods from within ``data_received``."""

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, alive: set[Connection]) -> None:
        self.idle_since = 0.0
        self.closed: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._alive = alive
        self._usable = False
        self._socket = select.poll()
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[Answer] | None = None
        self._clear(0)

    def _clear(self, cap: int) -> None:
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._cap, self._size, self._received = cap, 0, 0
        self._in_body = self._ends_with_connection = False

    def exchange(self, request: bytes, cap: int) -> asyncio.Future[Answer]:
        """Write ``request`` and return what its answer, or ``Lost``, will be put in."""
        self._clear(cap)
        self._waiter = self._loop.create_future()
        self.transport.write(request)
        return self._waiter

    def usable(self) -> bool:
        """Return whether nothing is known against writing another request."""
        return self._usable and not self.transport.is_closing()

    def quiet(self) -> bool:
        """Return whether it is usable and the system holds nothing of it that we have not read.

        What a server says unasked is that it closes: the event loop may not have come to it yet.
        """
        return self.usable() and not self._socket.poll(0)

    def lose(self, code: str) -> None:
        """Give the answer up, and the connection, on which it may still come."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(Lost(code))
        self.abort()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._usable = False
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be usable from now on."""
        self.transport = cast(asyncio.Transport, transport)
        self._socket.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._alive.add(self)
        self._usable = True

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange under way: with its answer if this is how it ends."""
        self._alive.discard(self)
        if self._ends_with_connection and exc is None:
            self._answer()
        self.lose("connection_lost")
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what nobody asked for ends the connection."""
        if self._waiter is None:
            self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except _NOT_HTTP:
            self.lose("unreadable_answer")
        if not self._in_body and self._received > HEAD_CAP:
            self.lose("unreadable_answer")

    def on_message_begin(self) -> None:
        """See that somebody waits for it."""
        if self._waiter is None:
            self.abort()  # a second answer behind the first

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header field; the last of a name counts."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """See whether the answer itself begins, and how its end will be known."""
        self._in_body = self._parser.get_status_code() >= 200
        self._ends_with_connection = self._in_body and self._headers.keys().isdisjoint(
            ("content-length", "transfer-encoding")
        )

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body; past the cap, answer with what there is."""
        self._body.append(body)
        self._size += len(body)
        if self._size > self._cap:
            self._answer()
            self.abort()

    def on_message_complete(self) -> None:
        """Answer; an interim one (100 Continue, 103 Early Hints) is not the answer."""
        if not self._in_body:
            self._headers = {}
            return
        if not self._parser.should_keep_alive() or self.transport.get_write_buffer_size():
            self.abort()
        self._answer()

    def _answer(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            body = b"".join(self._body)[: self._cap]
            waiter.set_result(Answer(self._parser.get_status_code(), self._headers, body))
        # The parser may go on: what it finds next is not part of this answer.
        self._headers, self._body = {}, []
