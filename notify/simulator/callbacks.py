"""A lean HTTP client for status callbacks: a few keep-alive connections, one request on each."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import httptools

CONNECT_S = 5.0  # Twilio's defaults for webhooks: 5 s to connect, 15 s to answer
ANSWER_S = 15.0
# Outcomes beside the HTTP status of the answer.
NOT_CONNECTED = 0
NO_ANSWER = -1


class Origin(NamedTuple):
    """Where a URL's connections go."""

    secure: bool
    host: str
    port: int


@dataclass(slots=True)
class Post:
    """One finished request and who wants its outcome: a status, NOT_CONNECTED or NO_ANSWER.

    One that met a connection the other side was closing is `repeated`, once, on a new connection.
    """

    payload: bytes
    done: Callable[[int], None]
    repeated: bool = False


@dataclass(slots=True)
class _Lane:
    """The connections to one origin."""

    waiting: deque[Post] = field(default_factory=deque)
    idle: list[_CallbackConnection] = field(default_factory=list)
    connections: int = 0


class CallbackClient:
    """Posts to any number of origins with at most `limit` connections to each."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int) -> None:
        self.loop = loop
        self._limit = limit
        self._lanes: dict[Origin, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[_CallbackConnection] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Return how many posts wait for a connection."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def post(self, origin: Origin, post: Post) -> None:
        """Send when a connection is free."""
        lane = self._lanes.get(origin)
        if lane is None:
            lane = self._lanes[origin] = _Lane()
        if lane.idle and not post.repeated:
            lane.idle.pop().send(post)
        elif lane.connections < self._limit:
            self._connect(origin, lane, post)
        elif post.repeated:
            lane.waiting.appendleft(post)
            if lane.idle:
                lane.idle.pop().abort()
        else:
            lane.waiting.append(post)

    async def close(self) -> None:
        """Drop everything that is open or under way."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._open):
            connection.abort()

    def free(self, connection: _CallbackConnection) -> None:
        """Give a connection that finished its request the next one."""
        lane = self._lanes[connection.origin]
        if lane.waiting and lane.waiting[0].repeated:
            connection.abort()  # makes room for a new connection, which takes it
        elif lane.waiting:
            connection.send(lane.waiting.popleft())
        else:
            lane.idle.append(connection)

    def lost(self, connection: _CallbackConnection) -> None:
        """Forget a closed connection and open another when somebody waits."""
        self._open.discard(connection)
        lane = self._lanes[connection.origin]
        if connection in lane.idle:
            lane.idle.remove(connection)
        self._gone(connection.origin, lane)

    def _gone(self, origin: Origin, lane: _Lane) -> None:
        lane.connections -= 1
        if lane.waiting and not self._closed:
            self._connect(origin, lane, lane.waiting.popleft())

    def _connect(self, origin: Origin, lane: _Lane, post: Post) -> None:
        lane.connections += 1
        task = self.loop.create_task(self._open_and_send(origin, lane, post))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_and_send(self, origin: Origin, lane: _Lane, post: Post) -> None:
        context = ssl.create_default_context() if origin.secure else None
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await self.loop.create_connection(
                    lambda: _CallbackConnection(self, origin),
                    origin.host,
                    origin.port,
                    ssl=context,
                )
        except (OSError, TimeoutError):
            post.done(NOT_CONNECTED)
            self._gone(origin, lane)
            return
        self._open.add(connection)
        connection.send(post)


class _CallbackConnection(asyncio.Protocol):
    """One keep-alive connection to a receiver of callbacks."""

    def __init__(self, client: CallbackClient, origin: Origin) -> None:
        self.origin = origin
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._post: Post | None = None
        self._status = NO_ANSWER
        self._fresh = True
        self._timeout: asyncio.TimerHandle | None = None

    def send(self, post: Post) -> None:
        """Send a request; the previous one is finished."""
        self._post = post
        self._status = NO_ANSWER
        if self._transport is None or self._transport.is_closing():
            self._finish(NO_ANSWER)
            return
        self._timeout = self._client.loop.call_later(ANSWER_S, self.abort)
        self._transport.write(post.payload)

    def abort(self) -> None:
        """Give up on this connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Parse the answer."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.abort()

    def on_headers_complete(self) -> None:
        """The status is all that counts."""
        self._status = self._parser.get_status_code()

    def on_message_complete(self) -> None:
        """Report the outcome and take the next request."""
        reusable = self._parser.should_keep_alive()
        self._fresh = False
        if not reusable and self._transport is not None:
            self._transport.close()
        self._finish(self._status)
        if reusable:
            self._client.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the outcome of what was under way."""
        self._transport = None
        self._client.lost(self)
        if self._post is not None:
            self._finish(self._status)

    def _finish(self, outcome: int) -> None:
        post, self._post = self._post, None
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        if post is None:
            return
        # A kept connection may be closed just as we write: that is worth one try on a new one.
        if outcome == NO_ANSWER and not self._fresh and not post.repeated:
            post.repeated = True
            self._client.post(self.origin, post)
        else:
            post.done(outcome)
