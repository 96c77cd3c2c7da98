"""What this process has seen that no table holds: requests refused, receipts for nobody."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app
from prometheus_client import CollectorRegistry, Counter

_EXTENSION = "notify.counts"


class Counts:
    """The counters of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.refused = Counter(
            "notify_webhook_refused",
            "Webhook requests refused.",
            ["webhook", "reason"],
            registry=self.registry,
        )
        self.receipts = Counter(
            "notify_receipts",
            "Receipts taken, by what became of them: folded, late, repeated, unknown.",
            ["outcome"],
            registry=self.registry,
        )


def install_counts(app: Flask) -> None:
    """Give the application its counters."""
    app.extensions[_EXTENSION] = Counts()


def counts() -> Counts:
    """Return the counters of the application that answers."""
    return cast("Counts", current_app.extensions[_EXTENSION])
