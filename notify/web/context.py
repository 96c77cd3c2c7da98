"""What a view can reach: the installation's services."""

from __future__ import annotations

from typing import cast

from flask import current_app

from notify.usecases.services import Services

EXTENSION = "notify"


def services() -> Services:
    """Return the services this application was made with."""
    return cast("Services", current_app.extensions[EXTENSION])
