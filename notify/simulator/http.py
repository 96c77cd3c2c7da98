"""HTTP/1.1 as a provider's front door: requests in order, answers that can be withheld or torn.

Own protocol on the httptools parser instead of a web framework, for two reasons. A message may cost
a few tens of microseconds here, or the stand-in becomes the bottleneck of what it measures. And a
fault campaign needs aborts at an exact moment: after the acceptance is on disk and before the first
byte of the answer, or in the middle of it. Frameworks hide that moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from http import HTTPStatus

import httptools

logger = logging.getLogger(__name__)
MAX_BODY = 64 * 1024  # bytes; no provider call of ours is near it
MAX_TARGET = 8 * 1024
MAX_HEADERS = 100
MAX_PIPELINED = 64  # requests of one connection waiting for their answers
LINGER_S = 0.5  # how long a refused client may go on sending, so that it reads the refusal
JSON = b"application/json"
HEADS = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class Request:
    """One request and the means to answer it, once, at any time, or never."""

    __slots__ = (
        "body",
        "chunks",
        "connection",
        "headers",
        "keep_alive",
        "method",
        "path",
        "query",
        "ready",
    )

    def __init__(self, connection: HttpConnection, method: str, target: bytes) -> None:
        path, _, query = target.decode("ascii", "replace").partition("?")
        self.connection = connection
        self.method = method
        self.path = path
        self.query = query
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.keep_alive = True
        self.ready: bytes | None = None
        self.chunks: Iterator[bytes] | None = None

    def answer(
        self, status: int, body: bytes, headers: bytes = b"", content_type: bytes = JSON
    ) -> None:
        """Send a whole answer; `headers` are finished lines, each ending with CRLF."""
        head = self._head(status, headers, content_type)
        self.ready = b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
        self.connection.flush()

    def stream(self, status: int, chunks: Iterator[bytes], length: int | None = None) -> None:
        """Send an answer piece by piece as fast as the client reads, of known length or chunked."""
        head = self._head(status, b"", JSON)
        if length is None:
            self.ready = head + b"Transfer-Encoding: chunked\r\n\r\n"
            self.chunks = _framed(chunks)
        else:
            self.ready = b"%bContent-Length: %d\r\n\r\n" % (head, length)
            self.chunks = chunks
        self.connection.flush()

    def cut(self, status: int, body: bytes) -> None:
        """Send half of an answer and close the connection."""
        head = self._head(status, b"", JSON)
        self.keep_alive = False
        self.ready = b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body[: len(body) // 2])
        self.connection.flush()

    def abort(self) -> None:
        """Close the connection at once, without an answer."""
        self.connection.abort()

    def _head(self, status: int, headers: bytes, content_type: bytes) -> bytes:
        closing = b"" if self.keep_alive else b"Connection: close\r\n"
        return b"%bContent-Type: %b\r\n%b%b" % (HEADS[status], content_type, headers, closing)


class HttpConnection(asyncio.Protocol):
    """One client connection; requests may be pipelined and are answered in their order."""

    def __init__(
        self,
        application: Callable[[Request], None],
        open_connections: set[HttpConnection],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._application = application
        self._open = open_connections
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._pending: deque[Request] = deque()
        self._stream: Iterator[bytes] | None = None
        self._client_slow = False
        self._reading = True
        self._refused = False
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._body = b""

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = transport  # type: ignore[assignment]
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything; answers that come later go nowhere."""
        self._transport = None
        self._open.discard(self)
        self._pending.clear()
        self._stream = None

    def data_received(self, data: bytes) -> None:
        """Parse what came; nonsense is answered 400 and the connection closed."""
        if self._refused:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(HTTPStatus.BAD_REQUEST)

    def pause_writing(self) -> None:
        """Stop producing: the client reads more slowly than we write."""
        self._client_slow = True

    def resume_writing(self) -> None:
        """Go on producing."""
        self._client_slow = False
        self._pump()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Start a new request."""
        self._target = b""
        self._headers = {}
        self._body = b""

    def on_url(self, url: bytes) -> None:
        """Collect the request target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header under its lower-case name."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Refuse what is too large, or another protocol, before reading on."""
        length = self._headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > MAX_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif len(self._target) > MAX_TARGET:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif len(self._headers) > MAX_HEADERS:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._parser.should_upgrade():
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif b"expect" in self._headers and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect the body, chunked or not, up to its limit."""
        if self._refused:
            return
        self._body += body
        if len(self._body) > MAX_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_complete(self) -> None:
        """Hand the request over; a bug behind this line is one 500, not a dead simulator."""
        if self._refused:
            return
        request = Request(self, self._parser.get_method().decode("ascii"), self._target)
        request.headers = self._headers
        request.body = self._body
        request.keep_alive = self._parser.should_keep_alive()
        self._pending.append(request)
        if len(self._pending) > MAX_PIPELINED and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()
        try:
            self._application(request)
        except Exception:
            logger.exception("simulator.request_failed method=%s", request.method)
            request.answer(HTTPStatus.INTERNAL_SERVER_ERROR, b'{"error":"simulator failed"}')

    # What requests call.

    def flush(self) -> None:
        """Write every answer whose turn has come."""
        pending, transport = self._pending, self._transport
        while pending and pending[0].ready is not None and self._stream is None:
            if transport is None or transport.is_closing():
                return
            request = pending.popleft()
            transport.write(request.ready)  # type: ignore[arg-type]
            if request.chunks is not None:
                self._stream = request.chunks
                self._pump()
            elif not request.keep_alive:
                transport.close()
                return
        if not self._reading and len(pending) <= MAX_PIPELINED and transport is not None:
            self._reading = True
            transport.resume_reading()

    def abort(self) -> None:
        """Drop the connection without another byte."""
        if self._transport is not None:
            self._transport.abort()

    def _pump(self) -> None:
        """Write one piece of a long answer and come back for the next, so others get their turn."""
        transport = self._transport
        if self._stream is None or self._client_slow or transport is None:
            return
        try:
            chunk = next(self._stream, None)
        except OSError:
            logger.exception("simulator.stream_failed")
            self.abort()
            return
        if chunk is None:
            self._stream = None
            self.flush()
        elif not transport.is_closing():
            transport.write(chunk)
            self._loop.call_soon(self._pump)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with an error of HTTP itself and close when the client had time to read it."""
        if self._refused:
            return
        self._refused = True
        request = Request(self, "", b"")
        self._pending.append(request)
        request.answer(status, b'{"error":"%b"}' % status.phrase.encode(), b"Connection: close\r\n")
        if self._transport is not None:
            self._loop.call_later(LINGER_S, self._transport.close)


def _framed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Frame pieces for chunked transfer."""
    for chunk in chunks:
        if chunk:
            yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"
