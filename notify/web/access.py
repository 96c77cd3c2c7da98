"""Who may call a view: each view says so, and what no view has said is refused.

::

    public       everybody                      organiser   organisers, approvers, admins
    signed       whoever holds a signed link    agent       every role: the desk is for all of them
                 or a signed request; the view  admin       admins
                 itself checks the signature    api-token   software, or anybody signed in
    user         anybody signed in

Forms are checked for their CSRF token here too, except on ``signed`` views, which no browser's
session speaks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import CSRFProtect

Access = Literal["public", "signed", "user", "organiser", "agent", "admin", "api-token"]

ACCESS_KINDS: tuple[str, ...] = get_args(Access)

_ROLES: dict[str, frozenset[str]] = {
    "user": frozenset({"organiser", "approver", "agent", "admin"}),
    "api-token": frozenset({"organiser", "approver", "agent", "admin"}),
    "agent": frozenset({"organiser", "approver", "agent", "admin"}),
    "organiser": frozenset({"organiser", "approver", "admin"}),
    "admin": frozenset({"admin"}),
}

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()


def access(kind: Access) -> Callable[[View], View]:
    """Return a decorator that declares who may call a view (a function or a view class)."""

    def declare(view: View) -> View:
        view.__notify_access__ = kind  # type: ignore[attr-defined]
        return view

    return declare


public = access("public")
signed = access("signed")
user = access("user")
organiser = access("organiser")
agent = access("agent")
admin = access("admin")
api_token = access("api-token")


def declared_access(view: Callable[..., Any]) -> str | None:
    """Return who may call ``view``, ``None`` if nobody has said."""
    kind = getattr(view, "__notify_access__", None)
    return kind or getattr(getattr(view, "view_class", None), "__notify_access__", None)


def declare(app: Flask, endpoint: str, kind: Access) -> None:
    """Declare who may call a view that a library has added, such as ``static``."""
    app.view_functions[endpoint] = access(kind)(_own(app.view_functions[endpoint]))


def _own(view: Callable[..., Any]) -> Callable[..., Any]:
    # A bound method takes no attributes of its own.
    def call(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return call


def guard_access(app: Flask) -> None:
    """Refuse every request that the view it is for does not allow."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.before_request(_guard)


def wants_json() -> bool:
    """Return whether a program asks: then errors are JSON and nobody is sent to sign in."""
    return request.path.startswith(("/api/", "/webhooks/"))


def _guard() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None  # No such page, or not with this method: the answer says so by itself.
    kind = declared_access(view)
    if kind is None:
        abort(403)
    if kind == "signed":
        return None
    if kind != "public" and (refusal := _refuse(_ROLES[kind])):
        return refusal
    if request.method not in _SAFE_METHODS:
        csrf.protect()
    return None


def _refuse(roles: frozenset[str]) -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        if wants_json():
            abort(401)
        following = request.full_path.rstrip("?") if request.method in _SAFE_METHODS else None
        return redirect(url_for("auth.sign_in", next=following), 303)
    if current_user.role not in roles:
        abort(403)
    return None
