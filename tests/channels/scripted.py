"""Servers that do what a script says, for what the simulator has no reason to do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

USUAL = {
    "EHLO": "250 mail.example.com",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 Go ahead",
    ".": "250 2.0.0 OK: queued",
    "RSET": "250 2.0.0 OK",
    "NOOP": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 Bye",
}
CLOSE = ""
"""In place of a reply: close the connection."""


@dataclass
class ScriptedSmtp:
    """A mail server; ``replies`` replaces some of the usual ones, by the command's first word."""

    replies: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Greet and answer until the script or the client closes."""
        self.connections += 1
        self.writers.append(writer)
        writer.write(b"220 mail.example.com\r\n")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                word = line.split(" ")[0]
                self.commands.append(line)
                if not await self.answer(word, reader, writer):
                    break
        writer.close()

    async def answer(
        self, word: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one command; return whether the conversation goes on."""
        reply = self.replies.get(word, USUAL.get(word, "500 What?"))
        if reply == CLOSE:
            return False
        writer.write(reply.encode() + b"\r\n")
        if word == "STARTTLS" and self.tls is not None:
            await writer.start_tls(self.tls)
        if word == "DATA" and reply.startswith("354"):
            return await self.take_letter(reader, writer)
        return word != "QUIT"

    async def take_letter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read to the final dot and answer it."""
        letter = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            letter += line
        self.letters.append(letter)
        reply = self.replies.get(".", USUAL["."])
        writer.write(reply.encode() + b"\r\n" if reply else b"")
        return reply != CLOSE


@asynccontextmanager
async def mail_server(
    replies: Mapping[str, str], *, tls: ssl.SSLContext | None = None, from_start: bool = False
) -> AsyncIterator[ScriptedSmtp]:
    """Run a scripted mail server; with ``from_start`` it speaks TLS at once."""
    script = ScriptedSmtp(dict(replies), tls)
    server = await asyncio.start_server(
        script.converse, "127.0.0.1", 0, ssl=tls if from_start else None
    )
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        for writer in script.writers:
            writer.close()


@asynccontextmanager
async def tcp_server(
    converse: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Run any server and give its port."""
    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)  # type: ignore[arg-type]
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
