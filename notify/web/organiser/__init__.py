"""The organiser's console: active incidents, the form, the review, live progress."""

from __future__ import annotations

from flask import Blueprint

from notify.web.organiser import console, follow, incident, start

blueprint = Blueprint("organiser", __name__)
for part in (console, start, follow, incident):
    part.register(blueprint)
