"""The web application: organiser's console, desk, public pages, API and webhooks."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from jinja2 import StrictUndefined

from notify.bootstrap import secret_key
from notify.usecases.services import Services
from notify.web import auth, desk, organiser, public, webhooks
from notify.web.access import declare, guard_access
from notify.web.api import install_api
from notify.web.assets import install_assets
from notify.web.context import EXTENSION
from notify.web.counts import install_counts
from notify.web.errors import install_errors
from notify.web.i18n import install_languages
from notify.web.organiser.progress import install_progress
from notify.web.security import install_headers
from notify.web.words import install_words

# Each part of the site is a package with a ``blueprint``; add it here.
BLUEPRINTS = (
    auth.blueprint,
    organiser.blueprint,
    desk.blueprint,
    public.blueprint,
    webhooks.blueprint,
)

_MAX_FORM = 1024 * 1024


def create_app(services: Services) -> Flask:
    """Return the web application of one installation; nothing connects until a request does."""
    app = Flask(__name__, static_url_path="/static")
    app.extensions[EXTENSION] = services
    app.config.update(
        SECRET_KEY=secret_key(services.settings),
        SESSION_COOKIE_NAME="notify_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=services.settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=16),
        MAX_CONTENT_LENGTH=_MAX_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form may lie open for a night
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    install_languages(app)
    install_words(app)
    install_assets(app)
    auth.install_sign_in(app)
    guard_access(app)
    install_errors(app)
    install_headers(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    install_counts(app)
    install_progress(app)
    install_api(app)
    declare(app, "static", "public")
    return app
