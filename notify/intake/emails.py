"""E-mail addresses: those a mail server would take, in one spelling each."""

from __future__ import annotations

import re
import unicodedata

from notify.intake.faults import CellFault, Reason

MAX_LENGTH = 254  # RFC 5321: 256 octets of path less the two angle brackets
MAX_LOCAL = 64  # RFC 5321, section 4.5.3.1.1

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read_email(text: str) -> str:
    """Return the address in ``text`` with its domain in lower case and in ASCII.

    The part before the @ is kept as it was typed: its spelling is the receiving server's business.
    Quoted and non-ASCII local parts are refused, since most providers cannot send to them.
    Raises ``CellFault``.
    """
    # A full-width @ or dot is a slip of a Chinese keyboard, never part of an address.
    plain = unicodedata.normalize("NFKC", text.replace("。", ".")).removeprefix("mailto:")
    if plain.startswith("<") and plain.endswith(">"):
        plain = plain[1:-1]
    local, at, domain = plain.strip().rpartition("@")
    if not at or len(local) > MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise CellFault(Reason.EMAIL_INVALID)
    address = f"{local}@{_domain(domain)}"
    if len(address) > MAX_LENGTH:
        raise CellFault(Reason.EMAIL_INVALID)
    return address


def _domain(text: str) -> str:
    try:
        domain = text.lower() if text.isascii() else text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise CellFault(Reason.EMAIL_INVALID) from None
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise CellFault(Reason.EMAIL_INVALID)
    return domain
