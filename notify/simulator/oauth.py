"""Google's token endpoint: a signed assertion of our own service account becomes a bearer token."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from notify.simulator.faults import Effect, Faults
from notify.simulator.http import Request

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
LIFETIME_S = 3600
LEEWAY_S = 60
_DOMAIN = ".iam.gserviceaccount.example.com"


@dataclass(slots=True)
class _Grant:
    token: str
    expires: float


class ServiceAccount:
    """A key pair and the credentials file Google's libraries read; made when first asked for."""

    def __init__(self, project_id: str, path: Path | None = None) -> None:
        self.project_id = project_id
        self.client_email = f"simulator@{project_id}{_DOMAIN}"
        self._path = path

    def may_have(self, path: Path) -> bool:
        """Return whether ``path`` is free, or was written by a simulator: a real key must stay."""
        if not path.exists():
            return True
        try:
            email = json.loads(path.read_text("utf-8"))["client_email"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return str(email).endswith(_DOMAIN)

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        """Return the private key: the one in the file of an earlier run, or a new one."""
        return _earlier_key(self._path) or rsa.generate_private_key(65537, 2048)

    def document(self, base_url: str) -> dict[str, str]:
        """Return the credentials in Google's format, with this simulator as token endpoint."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": "5a" * 20,
            "private_key": pem.decode(),
            "client_email": self.client_email,
            "client_id": "100000000000000000001",
            "auth_uri": f"{base_url}/auth",
            "token_uri": f"{base_url}/token",
            "universe_domain": "googleapis.com",
        }

    def write(self, path: Path, base_url: str) -> None:
        """Write the credentials file, readable by its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.document(base_url), file, indent=2)
        beside.replace(path)


class TokenEndpoint:
    """Exchanges assertions for bearer tokens and knows which tokens are good."""

    def __init__(self, account: ServiceAccount, faults: Faults, now: Callable[[], float]) -> None:
        self._account = account
        self._faults = faults
        self._now = now
        self._expiries: dict[bytes, float] = {}

    def __call__(self, request: Request) -> None:
        """Answer a token request."""
        if request.method != "POST":
            request.answer(405, b'{"error":"invalid_request"}')
            return
        effect = self._faults.answer("push", "token", "")
        if effect is not None:
            _spoil(request, effect)
            return
        try:
            grant = self._exchange(request.body)
        except _Denied as denied:
            document = {"error": denied.error, "error_description": denied.description}
            request.answer(denied.status, json.dumps(document).encode())
            return
        self._expiries[b"Bearer " + grant.token.encode()] = grant.expires
        answer = {"access_token": grant.token, "expires_in": LIFETIME_S - 1, "token_type": "Bearer"}
        request.answer(200, json.dumps(answer).encode())

    def good(self, authorization: bytes | None) -> bool:
        """Say whether an Authorization header carries a token of ours that has not expired."""
        expires = self._expiries.get(authorization or b"")
        return expires is not None and self._now() < expires

    def _exchange(self, body: bytes) -> _Grant:
        form = parse_qs(body.decode("ascii", "replace"))
        if form.get("grant_type") != [GRANT]:
            raise _Denied("unsupported_grant_type", "Invalid grant_type")
        claims = self._claims(form.get("assertion", [""])[0])
        now = self._now()
        if claims.get("iss") != self._account.client_email:
            raise _Denied("invalid_grant", "Invalid grant: account not found")
        if not _timely(claims, now):
            raise _Denied(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable"
                " timeframe. Check your iat and exp values in the JWT claim.",
            )
        if not SCOPES & set(str(claims.get("scope", "")).split()):
            raise _Denied("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return _Grant("ya29.simulated." + secrets.token_urlsafe(32), now + LIFETIME_S)

    def _claims(self, assertion: str) -> dict[str, Any]:
        """Return the claims of a correctly signed assertion meant for a token endpoint."""
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
        try:
            claims = jwt.decode(assertion, self._account.key.public_key(), ["RS256"], options)
        except jwt.PyJWTError:
            raise _Denied("invalid_grant", "Invalid JWT Signature.") from None
        # Behind another name or port the audience's host differs; its path does not.
        if not str(claims.get("aud", "")).endswith("/token"):
            raise _Denied("invalid_grant", "Invalid JWT: Failed audience check.")
        return claims


class _Denied(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def _timely(claims: dict[str, Any], now: float) -> bool:
    """Say whether the assertion is neither expired, nor from the future, nor too long-lived."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        return False
    fresh = issued <= now + LEEWAY_S and now < expires + LEEWAY_S
    return fresh and expires - issued <= LIFETIME_S + LEEWAY_S


def _spoil(request: Request, effect: Effect) -> None:
    """Fail the exchange as a fault asks: an error with its code, or a lost connection."""
    if effect.kind != "error":
        request.abort()
        return
    document = {
        "error": str(effect.code or "internal_failure"),
        "error_description": effect.message or "The exchange failed.",
    }
    request.answer(effect.status or 400, json.dumps(document).encode())


def _earlier_key(path: Path | None) -> rsa.RSAPrivateKey | None:
    """Return the key of a credentials file written before, so that a restart changes nothing."""
    if path is None:
        return None
    try:
        pem = json.loads(path.read_text("utf-8"))["private_key"]
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None
