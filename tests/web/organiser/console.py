"""A browser without JavaScript: it keeps the page it looks at, and sends the forms on it."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.usecases.scene import RACE_ID

START = f"/start/{RACE_ID}/weather_cancellation"

CANCELLED: Mapping[str, Any] = {
    "f-decision": "cancelled",
    "f-cause": "wind",
    "f-do_now": "do_not_travel",
    "f-next_update_at": "2026-12-06T06:30",
}
"""The least that the weather playbook asks for."""


class _Forms(HTMLParser):
    """Collects the fields of every form, by the form's action, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, list[tuple[str, str]]] = {}
        self._current: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._current = self.forms.setdefault(fields.get("action", ""), [])
        kind = fields.get("type", "text")
        if tag != "input" or "name" not in fields:
            return
        if kind not in ("radio", "checkbox") or "checked" in fields:
            self._current.append((fields["name"], fields.get("value", "on")))


class Console:
    """Somebody at the console; ``page`` is what they see, ``status`` how it was answered."""

    def __init__(self, client: FlaskClient, language: str = "en") -> None:
        self.client = client
        self._headers = {"Accept-Language": language}
        self.answer: TestResponse

    @property
    def page(self) -> str:
        return self.answer.text

    @property
    def status(self) -> int:
        return self.answer.status_code

    def look(self, address: str) -> Console:
        """Open a page."""
        self.answer = self.client.get(address, headers=self._headers)
        return self

    def fields(self, action: str) -> list[tuple[str, str]]:
        """Return the fields of the form on the page that leads to ``action``."""
        forms = _Forms()
        forms.feed(self.page)
        return forms.forms[action]

    def send(self, form: str, changes: Mapping[str, Any] = {}, *, to: str = "") -> Console:
        """Send the form that leads to ``form``, with answers changed; ``to`` another address."""
        fields = [(name, value) for name, value in self.fields(form) if name not in changes]
        for name, value in changes.items():
            values = value if isinstance(value, list) else [value]
            fields += [(name, text) for text in values]
        self.answer = self.client.post(to or form, data=_grouped(fields), headers=self._headers)
        return self

    def review(self, changes: Mapping[str, Any] = CANCELLED, start: str = START) -> Console:
        """Fill in the facts and look at who gets what."""
        return self.look(start).send(f"{start}/review", changes)

    def trigger(self, changes: Mapping[str, Any] = CANCELLED) -> str:
        """Go all the way; return the incident's code."""
        self.review(changes).send(f"{START}/send")
        assert self.status == 303, self.page
        return self.answer.headers["Location"].rpartition("/")[2]


def _grouped(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in fields:
        grouped.setdefault(name, []).append(value)
    return grouped
