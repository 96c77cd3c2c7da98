"""A letter as bytes: the constant part once per sender, the rest filled in per person.

``email.message.EmailMessage`` takes 2–3 ms for a letter with two parts, this a few hundredths of
one. The rules are RFC 5322 (headers, lines), RFC 2045 (encodings), RFC 2046 (multipart), RFC 2047
(encoded words); a test reads the result back with the standard library's parser.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable
from email.utils import formataddr, parseaddr
from functools import lru_cache

BOUNDARY = b"=_notify-alternative"
"""Neither quoted-printable nor base64 can hold "=_", so no body can hold the boundary."""

_MAILBOX = re.compile(r"[^\x00-\x20\x7f<>@]+@[^\x00-\x20\x7f<>@]+")
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE_BASE64 = 57
"""Octets that make one line of 76 characters."""
_WORD = 39
"""Octets of an encoded word: behind "Subject: " its line stays below the 76 characters allowed."""
_PLAIN_SUBJECT = 66
"""Characters of a subject that fit its line of 78."""


class Skeleton:
    """What all letters from ``mail_from`` ("Name <address>" or an address) have in common."""

    def __init__(self, mail_from: str) -> None:
        """Check the sender; raises ``ValueError`` if it is not an address."""
        name, address = parseaddr(mail_from)
        self.address = ascii_address(address)
        if _CONTROL.search(mail_from):
            raise ValueError("The sender holds a control character.")
        self.domain = self.address.rpartition("@")[2]
        self._head = (
            b"From: " + formataddr((name, self.address)).encode("ascii") + b"\r\n"
            b"MIME-Version: 1.0\r\n"
            b"Auto-Submitted: auto-generated\r\n"
            b'Content-Type: multipart/alternative; boundary="' + BOUNDARY + b'"\r\n'
        )

    def fill(self, headers: Iterable[tuple[str, str]], subject: str, text: str, html: str) -> bytes:
        """Return the letter; raises ``ValueError`` if a header could break out of its line."""
        lines = "".join(f"{name}: {checked(value)}\r\n" for name, value in headers)
        head = self._head + lines.encode("ascii") + _subject(subject) + b"\r\n"
        parts = _part(b"plain", text)
        if html:
            parts += _part(b"html", html)
        return head + parts + b"--" + BOUNDARY + b"--\r\n"


def ascii_address(address: str) -> str:
    """Return ``address`` with its domain in ASCII; raises ``ValueError`` if it cannot be mailed.

    A local part beyond ASCII would need SMTPUTF8 all the way to the mailbox.
    """
    if not _MAILBOX.fullmatch(address):
        raise ValueError("Not a mail address.")
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    if not local.isascii():
        raise ValueError("Not a mail address in ASCII.")
    return f"{local}@{domain}"


def checked(value: str) -> str:
    """Return ``value`` if it can stand in a header as it is; raises ``ValueError`` otherwise."""
    if _NOT_PRINTABLE.search(value):
        raise ValueError("A header value holds a character that headers cannot hold.")
    return value


@lru_cache(maxsize=128)
def _subject(subject: str) -> bytes:
    """Return the header line; subjects repeat within a notice, so the last ones are kept."""
    if _CONTROL.search(subject):
        raise ValueError("The subject holds a control character.")
    plain = subject.isascii() and len(subject) <= _PLAIN_SUBJECT and "=?" not in subject
    if plain and subject == " ".join(subject.split()):
        return b"Subject: " + subject.encode("ascii") + b"\r\n"
    words = [b"=?utf-8?b?" + b64encode(chunk) + b"?=" for chunk in _chunks(subject)]
    return b"Subject: " + b"\r\n ".join(words) + b"\r\n"


def _chunks(text: str) -> list[bytes]:
    """Return ``text`` in UTF-8, cut between characters into pieces of at most ``_WORD`` octets."""
    chunks = [b""]
    for character in text:
        octets = character.encode()
        if len(chunks[-1]) + len(octets) > _WORD:
            chunks.append(b"")
        chunks[-1] += octets
    return chunks


@lru_cache(maxsize=16)
def _part(kind: bytes, content: str) -> bytes:
    """Return a body with its headers; a text without the person's fields is encoded only once."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    octets = lines.encode()
    # Where every sixth octet and more is beyond ASCII, base64 is the shorter of the two.
    if (len(octets) - len(lines)) * 6 > len(octets):
        encoding, body = b"base64", _base64(octets)
    else:
        encoding, body = b"quoted-printable", b2a_qp(octets)
        if b"\n" not in octets:
            # Without a line end to learn from, b2a_qp breaks lines with a bare newline.
            body = body.replace(b"\n", b"\r\n")
    return (
        b"--" + BOUNDARY + b"\r\n"
        b"Content-Type: text/" + kind + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body + b"\r\n"
    )


def _base64(octets: bytes) -> bytes:
    step = _LINE_BASE64
    return b"\r\n".join(
        b2a_base64(octets[at : at + step], newline=False) for at in range(0, len(octets), step)
    )
