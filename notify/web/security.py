"""Headers that tell the browser what our pages may do: load and run our own files only."""

from __future__ import annotations

from flask import Flask, Response, g

_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def install_headers(app: Flask) -> None:
    """Add the headers to every answer; a view that set its own policy keeps it."""
    app.after_request(_add)


def allow_sources(directive: str, sources: str) -> None:
    """Let the page that is being made also load ``sources`` (a CSP source list) for a directive."""
    g.setdefault("notify_csp", {})[directive] = f"'self' {sources}"


def _add(response: Response) -> Response:
    policy = _POLICY | g.get("notify_csp", {})
    text = "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
    response.headers.setdefault("Content-Security-Policy", text)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
