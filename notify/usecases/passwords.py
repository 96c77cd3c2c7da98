"""Passwords: kept as Argon2id hashes, with the library's current parameters (RFC 9106)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
"""Characters; length is the only rule, as NIST SP 800-63B recommends."""

_SALT_BYTES = 16
_hasher = PasswordHasher()


def hash_password(password: str, *, salt: bytes) -> str:
    """Return the Argon2id hash of ``password``; ``salt`` is 16 unpredictable bytes."""
    return _hasher.hash(password, salt=salt)


def is_password(password: str, hashed: str | None) -> bool:
    """Return whether ``password`` is the one hashed; ``None`` takes as long and is never right."""
    try:
        _hasher.verify(hashed or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password", salt=bytes(_SALT_BYTES))
