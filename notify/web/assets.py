"""Addresses of our static files that change with their content: browsers may keep them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, url_for

_STATIC = Path(__file__).parent / "static"
_YEAR = 365 * 24 * 3600


def install_assets(app: Flask) -> None:
    """Give templates ``asset('notify.css')``."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR
    app.jinja_env.globals["asset"] = asset


def asset(name: str) -> str:
    """Return the address of a static file, with the beginning of its hash."""
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return sha256((_STATIC / name).read_bytes()).hexdigest()[:10]
