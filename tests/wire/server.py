"""An HTTP server that answers with the bytes it is given, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from notify.wire import Answer, Lost, NotSent, Origin, header_fields

FIELDS = header_fields({"Accept": "application/json", "User-Agent": "notify"})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HANG_UP = b""
"""In place of an answer: close the connection."""
SILENCE = b"silence"
"""In place of an answer: none, until the client closes."""
LAST = b"\0last"
"""Behind an answer: close the connection after it."""


@dataclass
class Server:
    """What it will answer, one request after another, and what has happened to it."""

    answers: list[bytes]
    in_pieces: bool = False
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    ended: int = 0
    base: str = ""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until told to hang up, or until the client does."""
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while await self._answer(reader, writer):
                pass
        self.ended += 1
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        self.requests.append(head + body)
        answer = self.answers.pop(0)
        if answer == SILENCE:
            return bool(await reader.read())
        bare = answer.removesuffix(LAST)
        for piece in [bare[n : n + 1] for n in range(len(bare))] if self.in_pieces else [bare]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return bare == answer != HANG_UP


@asynccontextmanager
async def serving(
    answers: Sequence[bytes], *, in_pieces: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Run a server on 127.0.0.1 and end it with its connections."""
    server = Server(list(answers), in_pieces)
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        await server.converse(reader, writer)

    listening = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.base = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listening.close()
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await listening.wait_closed()


async def ask(origin: Origin, body: bytes = b"a=1") -> Answer:
    """Make one request."""
    return await origin.exchange("POST", "/send?x=1", FIELDS, body)


async def asked(answers: Sequence[bytes], times: int = 1, **options: Any) -> tuple[Any, Server]:
    """Return the last answer, or the error, of some requests in a row, and the server."""
    async with serving(answers, **options) as server:
        origin = Origin(server.base)
        answer: Answer | Lost | NotSent | None = None
        for _ in range(times):
            try:
                answer = await ask(origin)
            except (Lost, NotSent) as error:
                answer = error
        await origin.close()
        return answer, server
