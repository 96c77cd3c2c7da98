"""An SMTP server in one protocol class, with PIPELINING, 8BITMIME, SMTPUTF8, SIZE and AUTH.

Own protocol rather than a library for the reasons given in `notify.simulator.http`: the cost of a
mail here must stay below what is measured, and faults must strike between the final dot, the entry
in the acceptance log and the reply.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from functools import partial
from json.encoder import encode_basestring_ascii as quoted

from notify.simulator.config import SimulatorConfig
from notify.simulator.faults import Effect, Faults
from notify.simulator.log import AcceptanceLog, Done
from notify.simulator.smtp_session import MAX_MAIL, NAME, Envelope, SmtpSession

MAX_LINE = 2048  # bytes of a command; RFC 5321 asks for 512, AUTH and SMTPUTF8 for more
MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r\n[ \t]+)?(\S+)", re.IGNORECASE | re.MULTILINE)


class SmtpConnection(asyncio.Protocol):
    """One client; replies keep the order of commands even while an answer is withheld."""

    def __init__(
        self,
        config: SimulatorConfig,
        log: AcceptanceLog,
        faults: Faults,
        open_connections: set[SmtpConnection],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._now = config.now
        self._log = log
        self._open = open_connections
        self._loop = loop
        self._latency = Effect("latency", seconds=config.latency_s) if config.latency_s else None
        self._session = SmtpSession(config, faults)
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer known to hold no final dot
        self._out: list[str] = []
        self._held = False  # an answer is withheld: nothing behind it may be answered
        self._advancing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = transport  # type: ignore[assignment]
        self._open.add(self)
        self._out.append(f"220 {NAME} ESMTP simulator")
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._transport = None
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take what came and answer as much of it as can be answered."""
        self._buffer += data
        self._advance()

    def abort(self) -> None:
        """Drop the connection without another byte."""
        self._held = True
        if self._transport is not None:
            self._transport.abort()

    def _advance(self) -> None:
        self._advancing = True
        while not self._held:
            progress = self._take_mail() if self._session.data else self._take_line()
            if not progress:
                break
        self._advancing = False
        self._flush()
        if self._session.closing and self._transport is not None:
            self._held = True
            self._transport.close()

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\r\n")  # a bare newline ends nothing: no smuggling
        if end > MAX_LINE or (end < 0 and len(self._buffer) > MAX_LINE):
            self._give_up("500 5.5.2 Line too long")
            return False
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._out.append(self._session.reply_to(line))
        return not self._session.closing

    def _take_mail(self) -> bool:
        """Look for the final dot; True when a whole mail was taken."""
        buffer = self._buffer
        if buffer.startswith(b".\r\n"):
            end, after = 0, 3
        else:
            found = buffer.find(b"\r\n.\r\n", max(0, self._searched - 4))
            if found < 0:
                self._searched = len(buffer)
                if len(buffer) > MAX_MAIL:
                    self._give_up("552 5.3.4 Message too big")
                return False
            end, after = found + 2, found + 5
        raw = bytes(buffer[:end]).replace(b"\r\n.", b"\r\n")
        del buffer[:after]
        self._searched = 0
        self._finish(raw[1:] if raw.startswith(b".") else raw)
        return not self._session.closing

    def _finish(self, raw: bytes) -> None:
        """Do with the mail what its fault says, or accept it."""
        envelope = self._session.take_envelope()
        effect = envelope.effect or self._latency
        accept = partial(self._accept, envelope, raw)
        if effect is None:
            accept(self._accepted)
            return
        match effect.kind:
            case "smtp_reply":
                self._out.append(self._session.refuse(effect))
            case "close_before_accept":
                self.abort()
            case "accept_then_close":
                accept(self.abort)
            case "hang":
                self._hang(effect, accept)
            case _:
                accept(partial(self._loop.call_later, effect.seconds, self._accepted))

    def _hang(self, effect: Effect, accept: Callable[[Done], None]) -> None:
        """Say nothing for a while, then close; accepted only when the effect says so."""
        self._held = True
        wait = partial(self._loop.call_later, effect.seconds, self.abort)
        if effect.accepted:
            accept(wait)
        else:
            wait()

    def _accept(self, envelope: Envelope, raw: bytes, done: Done) -> None:
        """Log the mail with its bytes as they came; `done` runs when it may be answered."""
        end = raw.find(b"\r\n\r\n")
        found = MESSAGE_ID.search(raw, 0, len(raw) if end < 0 else end + 2)
        message_id = found[1].decode("ascii", "replace") if found else None
        facts = json.dumps(
            {
                "channel": "email",
                "message_id": message_id,
                "from": envelope.sender,
                "to": envelope.recipients,
                "at": self._now(),
            }
        )
        text = quoted(raw.decode("utf-8", "surrogateescape"))  # every byte survives the round trip
        self._held = True
        self._log.append("email", f'{facts[:-1]}, "raw": {text}}}'.encode(), done)

    def _accepted(self) -> None:
        self._held = False
        self._out.append("250 2.0.0 OK: queued")
        if not self._advancing:
            self._advance()

    def _give_up(self, text: str) -> None:
        self._buffer.clear()
        self._out.append(text)
        self._session.closing = True

    def _flush(self) -> None:
        """Write all replies of this turn at once."""
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write("\r\n".join([*self._out, ""]).encode())
        self._out.clear()
