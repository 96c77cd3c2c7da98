"""Google's bearer tokens for a service account: exchanged in a thread, once for all who wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials

from notify.ports import TimeSource, Unavailable

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
RENEW_BEFORE = timedelta(minutes=5)
"""A token this close to its end is renewed while it is still used."""
SPARE = timedelta(seconds=30)
"""A token this close to its end is not used: it could end on the way, or our clock be behind."""
EXCHANGE_TIMEOUT_S = (3.0, 7.0)
WAIT_S = 10.0
"""How long a message waits for a token; it has sent nothing yet."""


class ServiceAccountTokens:
    """The bearer header of one service account, kept fresh."""

    def __init__(self, credentials_file: Path, now: TimeSource) -> None:
        """Read the credentials; raises ``ValueError`` naming the file if it holds none."""
        try:
            self._credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
                str(credentials_file), scopes=[SCOPE]
            )
        except (OSError, ValueError, GoogleAuthError):
            readable = None
        else:
            readable = credentials_file
        # Outside the handler: the parser's own words may quote the key.
        if readable is None:
            raise ValueError(f"{credentials_file} is not a readable service account file.")
        self._now = now
        self._bearer: str | None = None
        self._expires = datetime.min.replace(tzinfo=UTC)
        self._renewal: asyncio.Task[None] | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    async def bearer(self) -> str:
        """Return a header value good for the next request; raises ``Unavailable``."""
        left = self._expires - self._now()
        if self._bearer is None or left < SPARE:
            return await self._renewed()
        if left < RENEW_BEFORE:
            self._renew()
        return self._bearer

    async def replaced(self, refused: str) -> str:
        """Return another header value than ``refused``; raises ``Unavailable``."""
        if self._bearer == refused:
            self._bearer = None
        return await self.bearer()

    async def close(self) -> None:
        """Stop waiting for an exchange under way and close its connections."""
        if self._renewal is not None:
            self._renewal.cancel()
        self._session.close()

    def _renew(self) -> asyncio.Task[None]:
        """Return the exchange under way, started if there is none."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.get_running_loop().create_task(self._exchange())
            # Nobody may be waiting for it; its failure is seen by whoever needs the next token.
            self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._renewal

    async def _renewed(self) -> str:
        try:
            async with asyncio.timeout(WAIT_S):
                await asyncio.shield(self._renew())
        except TimeoutError:
            code, refused = "token_timeout", False
        except RefreshError as error:
            code, refused = "token_refused", not error.retryable
        except (GoogleAuthError, ValueError):
            code, refused = "token_unreachable", False
        else:
            if self._bearer is not None:
                return self._bearer
            code, refused = "token_refused", True
        raise Unavailable(code, credentials=refused)

    async def _exchange(self) -> None:
        request = partial(Request(self._session), timeout=EXCHANGE_TIMEOUT_S)
        await asyncio.to_thread(self._credentials.refresh, request)
        self._bearer = f"Bearer {self._credentials.token}"
        expiry: datetime = self._credentials.expiry
        self._expires = expiry.replace(tzinfo=UTC)
