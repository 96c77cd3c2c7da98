"""The banner for other sites' pages, as one script they include."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from notify.web.access import public


def register(blueprint: Blueprint) -> None:
    """Add the script's address."""
    blueprint.add_url_rule("/embed/banner.js", view_func=banner)


@public
def banner() -> Response:
    """Return the script; any site may load it."""
    answer = current_app.send_static_file("banner.js")
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
