"""The addresses we give out: public pages, receipt callbacks, unsubscribe links; signed.

A link never holds a phone number or e-mail address: it names a delivery, and the signature keeps
anybody else from naming one.
"""

from __future__ import annotations

from itsdangerous import BadSignature, Signer


class Links:
    """Makes and reads the links of one installation."""

    def __init__(self, public_url: str, secret_key: str) -> None:
        self._base = public_url.rstrip("/")
        self._receipt = Signer(secret_key, salt="notify.receipt")
        self._unsubscribe = Signer(secret_key, salt="notify.unsubscribe")

    def page(self, code: str) -> str:
        """Return the address of the public page of incident ``code``."""
        return f"{self._base}/i/{code}"

    def verify(self, code: str) -> str:
        """Return the address that answers "is this message real?"."""
        return f"{self._base}/verify/{code}"

    def console(self, code: str) -> str:
        """Return the address of the organiser's view of incident ``code``."""
        return f"{self._base}/incidents/{code}"

    def faq(self) -> str:
        """Return the address of the public FAQ as JSON."""
        return f"{self._base}/api/v1/faq"

    def absolute(self, path: str) -> str:
        """Return the public address of ``path``, as a provider that signs it sees it."""
        return self._base + path

    def receipt(self, delivery: str, attempt: int) -> str:
        """Return the callback address for one attempt of ``delivery``."""
        token = self._receipt.sign(f"{delivery}.{attempt}").decode()
        return f"{self._base}/webhooks/twilio/status/{token}"

    def read_receipt(self, token: str) -> tuple[str, int] | None:
        """Return ``(delivery, attempt)`` of a callback's token, or ``None`` if it is not ours."""
        try:
            delivery, _dot, attempt = self._receipt.unsign(token).decode().rpartition(".")
            return delivery, int(attempt)
        except (BadSignature, ValueError):
            return None

    def unsubscribe(self, delivery: str) -> str:
        """Return the one-click address that takes the recipient of ``delivery`` off e-mail."""
        return f"{self._base}/unsubscribe/{self._unsubscribe.sign(delivery).decode()}"

    def read_unsubscribe(self, token: str) -> str | None:
        """Return the delivery of an unsubscribe token, or ``None`` if it is not ours."""
        try:
            return self._unsubscribe.unsign(token).decode()
        except (BadSignature, UnicodeDecodeError):
            return None
