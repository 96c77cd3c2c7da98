"""The conversation of SMTP (RFC 5321, AUTH of RFC 4954): one line in, one reply out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from notify.simulator.config import SimulatorConfig
from notify.simulator.faults import Effect, Faults

MAX_MAIL = 10 * 1024 * 1024  # bytes
MAX_RECIPIENTS = 100
NAME = "simulator.example.com"
ADDRESS = re.compile(r"(MAIL FROM|RCPT TO):\s*<([^<>\r\n]*)>\s*(.*)", re.IGNORECASE)
OFFERS = ("PIPELINING", f"SIZE {MAX_MAIL}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
# Enhanced status codes (RFC 3463) of the refusals a fault may ask for.
ENHANCED = {
    421: "4.3.2",
    450: "4.2.0",
    451: "4.3.0",
    452: "4.2.2",
    550: "5.1.1",
    552: "5.3.4",
    554: "5.7.1",
}


@dataclass(slots=True)
class Envelope:
    """Who a mail is from and to, and what a fault will do to it."""

    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    effect: Effect | None = None


class SmtpSession:
    """The state between greeting and goodbye; `data` and `closing` say what follows a reply."""

    def __init__(self, config: SimulatorConfig, faults: Faults) -> None:
        self._faults = faults
        self._wanted = (config.smtp_username, config.smtp_password)
        self._greeted = False
        self._let_in = config.smtp_username is None
        self._user = ""
        self._next_line: Callable[[bytes], str] | None = None  # takes the next line of AUTH
        self.envelope = Envelope()
        self.data = False
        self.closing = False
        self._commands: dict[bytes, Callable[[bytes], str]] = {
            b"EHLO": self._hello,
            b"HELO": self._hello,
            b"AUTH": self._auth,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": lambda _: "250 2.0.0 OK",
            b"VRFY": lambda _: "252 2.5.0 Cannot verify, send anyway",
            b"QUIT": self._quit,
        }

    def reply_to(self, line: bytes) -> str:
        """Take one line without its end and return the reply without its end."""
        if self._next_line is not None:
            following, self._next_line = self._next_line, None
            return following(line)
        command = self._commands.get(line[:4].upper())
        if command is None or line[4:5] not in (b"", b" "):
            return "500 5.5.2 Command not recognised"
        return command(line)

    def take_envelope(self) -> Envelope:
        """Return the envelope of the mail that was just received, and start a new one."""
        self.data = False
        envelope, self.envelope = self.envelope, Envelope()
        return envelope

    def refuse(self, effect: Effect) -> str:
        """Return the reply a fault asks for; 421 closes the connection, as it does in reality."""
        code = int(effect.code or 550)
        self.closing = self.closing or code == 421
        enhanced = ENHANCED.get(code, f"{code // 100}.0.0")
        return f"{code} {enhanced} {effect.message or 'Refused by the simulator'}"

    def _hello(self, line: bytes) -> str:
        self._greeted = True
        self.envelope = Envelope()
        if line[:4].upper() == b"HELO":
            return f"250 {NAME}"
        return "\r\n".join([f"250-{text}" for text in (NAME, *OFFERS)] + ["250 AUTH PLAIN LOGIN"])

    def _auth(self, line: bytes) -> str:
        method, _, initial = line[5:].strip().partition(b" ")
        match method.upper():
            case b"PLAIN":
                return self._opened(self._auth_plain, initial, "334 ")
            case b"LOGIN":
                return self._opened(self._auth_user, initial, "334 VXNlcm5hbWU6")
            case _:
                return "504 5.5.4 Mechanism not offered"

    def _opened(self, step: Callable[[bytes], str], initial: bytes, prompt: str) -> str:
        """Take the initial response when there is one, or ask for it."""
        if initial:
            return step(initial)
        self._next_line = step
        return prompt

    def _auth_plain(self, text: bytes) -> str:
        parts = (_unbase64(text) or "").split("\0")
        return self._judge(parts[1], parts[2]) if len(parts) == 3 else self._judge("", None)

    def _auth_user(self, text: bytes) -> str:
        self._user = _unbase64(text) or ""
        self._next_line = self._auth_password
        return "334 UGFzc3dvcmQ6"

    def _auth_password(self, text: bytes) -> str:
        return self._judge(self._user, _unbase64(text))

    def _judge(self, user: str, password: str | None) -> str:
        fine = self._wanted[0] is None or (user, password) == self._wanted
        if password is None or not fine:
            return "535 5.7.8 Authentication failed"
        self._let_in = True
        return "235 2.7.0 Authenticated"

    def _mail(self, line: bytes) -> str:
        found = _address(line, "MAIL FROM")
        if found is None:
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        if not self._greeted or self.envelope.sender is not None:
            return "503 5.5.1 Bad sequence of commands"
        if not self._let_in:
            return "530 5.7.0 Authentication required"
        address, parameters = found
        for parameter in parameters.split():
            name, _, value = parameter.partition("=")
            if name == "SIZE" and value.isdigit() and int(value[:12]) > MAX_MAIL:
                return "552 5.3.4 Message too big"
        self.envelope.sender = address
        return "250 2.1.0 OK"

    def _rcpt(self, line: bytes) -> str:
        found = _address(line, "RCPT TO")
        if found is None or not found[0]:
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        envelope, address = self.envelope, found[0]
        if envelope.sender is None:
            return "503 5.5.1 Send MAIL first"
        if len(envelope.recipients) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        effect = self._faults.answer("email", "send", address)
        if effect is not None and effect.kind == "smtp_reply" and effect.at == "rcpt":
            return self.refuse(effect)
        envelope.effect = envelope.effect or effect
        envelope.recipients.append(address)
        return "250 2.1.5 OK"

    def _data(self, _line: bytes) -> str:
        effect = self.envelope.effect
        if not self.envelope.recipients:
            return "503 5.5.1 Send RCPT first"
        if effect is not None and effect.kind == "smtp_reply" and effect.at == "data":
            self.envelope = Envelope()
            return self.refuse(effect)
        self.data = True
        return "354 End data with <CR><LF>.<CR><LF>"

    def _rset(self, _line: bytes) -> str:
        self.envelope = Envelope()
        return "250 2.0.0 OK"

    def _quit(self, _line: bytes) -> str:
        self.closing = True
        return "221 2.0.0 Bye"


def _address(line: bytes, verb: str) -> tuple[str, str] | None:
    """Return address and upper-case parameters of MAIL or RCPT, or None when they make no sense."""
    try:
        found = ADDRESS.fullmatch(line.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    if found is None or found[1].upper() != verb:
        return None
    return found[2], found[3].upper()


def _unbase64(text: bytes) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
