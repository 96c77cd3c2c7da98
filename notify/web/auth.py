"""Signing in and out."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from notify.logs import logger
from notify.usecases import sign_in as usecase
from notify.usecases.sign_in import Account
from notify.web.access import public, user
from notify.web.context import services

blueprint = Blueprint("auth", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
log = logger(__name__)

PER_PLACE = "20 per minute;200 per hour"
PER_ACCOUNT = "6 per minute;40 per hour"


class SignedIn(UserMixin):  # type: ignore[misc]
    """The account behind the session, as flask-login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.id = account.id
        self.email = account.email
        self.role = account.role

    def may_see(self, race_id: str) -> bool:
        """Return whether this person's work includes the race."""
        return self.account.may_see(race_id)


def install_sign_in(app: Flask) -> None:
    """Know who is signed in, and slow down who guesses."""
    manager = LoginManager()
    manager.session_protection = None  # a phone changes its address between mast and Wi-Fi
    manager.init_app(app)
    manager.user_loader(_load)
    limiter.init_app(app)


def local_path(target: str | None) -> str:
    """Return ``target`` if it is a path of this site, else the first page."""
    # Browsers read "\\" as "/" and drop control characters: "/\\host" would leave the site.
    if not target or not target.startswith("/") or not target.isprintable() or "\\" in target:
        return url_for("organiser.console")
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or target.startswith("//"):
        return url_for("organiser.console")
    return target


def _account_key() -> str:
    # Hashed, so that no address is kept in the limiter's memory.
    return sha256(request.form.get("email", "").strip().lower().encode()).hexdigest()


def _was_refused(response: Response) -> bool:
    return response.status_code >= 400


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the form."""
    if current_user.is_authenticated:
        return redirect(_start_page(request.args.get("next"), current_user.role), 303)
    return render_template("auth/sign_in.html", email="", error="")


@blueprint.post("/sign-in")
@public
@limiter.limit(PER_PLACE, deduct_when=_was_refused)
@limiter.limit(PER_ACCOUNT, key_func=_account_key, deduct_when=_was_refused)
def sign_in_submit() -> ResponseReturnValue:
    """Check the password and begin a new session."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    account = usecase.sign_in(email, password, services=services())
    if account is None:
        log.info("sign_in.refused")
        error = _("E-mail address or password is not right. Check both and try again.")
        return render_template("auth/sign_in.html", email=email, error=error), 422
    session.clear()
    session.permanent = True
    login_user(SignedIn(account))
    return redirect(_start_page(request.form.get("next"), account.role), 303)


@blueprint.post("/sign-out")
@user
def sign_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


def _load(user_id: str) -> SignedIn | None:
    account = usecase.account(int(user_id), services=services())
    return SignedIn(account) if account else None


def _start_page(target: str | None, role: str) -> str:
    if not target and role == "agent":
        return "/desk"
    return local_path(target)
