"""What runners find: the incident's page, and whether a message is real. No script, few bytes."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from notify.domain.notice import Surface
from notify.usecases.errors import Unknown
from notify.usecases.shown import Shown, shown
from notify.web.access import public
from notify.web.context import services
from notify.web.documents import reader_language
from notify.web.i18n import language
from notify.web.public import embed

blueprint = Blueprint("public", __name__)
embed.register(blueprint)

CACHE = "public, max-age=5"
"""Short: a page may be five seconds older than the notice, never more."""


@blueprint.get("/<any(i, verify):where>/")
@public
def find(where: str) -> ResponseReturnValue:
    """Take a code typed into the form of the page for unknown codes."""
    what = "verify" if where == "verify" else "page"
    code = _tidy(request.args.get("code", ""))
    if not code:
        return render_template("public/unknown.html", what="page", code=""), 404
    return redirect(url_for(f"public.{what}", code=code), 303)


@blueprint.get("/i/<code>")
@public
def page(code: str) -> ResponseReturnValue:
    """Show an incident: the decision first."""
    if code != _tidy(code):
        return redirect(url_for("public.page", code=_tidy(code)), 301)
    item = _find(code)
    return _unknown("page", code) if item is None else _fresh("public/page.html", item)


@blueprint.get("/verify/<code>")
@public
def verify(code: str) -> ResponseReturnValue:
    """Say whether a message with this code is ours, and what we did say."""
    item = _find(_tidy(code))
    return _unknown("verify", code) if item is None else _fresh("public/verify.html", item)


def _find(code: str) -> Shown | None:
    try:
        return shown(code, services=services())
    except Unknown:
        return None


def _tidy(code: str) -> str:
    """A code as it is written: people type capitals and spaces, and paste full stops."""
    return "".join(char for char in code.lower() if char.isalnum())


def _fresh(template: str, item: Shown) -> Response:
    """Render for the reader's language, with an ETag that changes whenever the page does."""
    reads = reader_language(item, language())
    links = services().links
    answer = make_response(
        render_template(
            template,
            item=item,
            texts={str(surface): text for surface, text in item.texts[reads].items()},
            reads=reads,
            languages_all=sorted(item.texts),
            page_url=links.page(item.incident_id),
            verify_url=links.verify(item.incident_id),
            banner=item.texts[reads][Surface.BANNER],
        )
    )
    answer.headers["Cache-Control"] = CACHE
    answer.vary.update(("Accept-Language", "Cookie"))
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _unknown(what: str, code: str) -> ResponseReturnValue:
    return render_template("public/unknown.html", what=what, code=code[:40]), 404
