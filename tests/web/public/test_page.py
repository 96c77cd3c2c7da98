"""The public page: the decision first, in the reader's language, small, and never stale."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from notify.domain.notice import Surface
from tests.installation import NOW
from tests.rows import TEXTS, Incident, add_incident, add_revision_of, resolve

LIMIT = 15_000
"""Bytes of page and stylesheet together: three seconds on a slow phone."""


def _text(answer):
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_page_says_the_decision_before_anything_else(services, visitor):
    add_incident(services.database)

    body = _text(visitor.get("/i/ab2cd3e")).split("<main>")[1]

    assert body.index("The race is cancelled") < body.index("Is the Lakeshore Marathon still on?")
    assert body.index("The race is cancelled") < body.index("What has been said so far")


@pytest.mark.parametrize(
    ("accepts", "query", "expected"),
    [
        ("zh-CN,zh;q=0.9", "", "zh-CN"),
        ("zh-Hans-CN", "", "zh-CN"),
        ("en-GB", "", "en"),
        ("fr", "", "en"),
        ("en", "?lang=zh-CN", "zh-CN"),
        ("zh-CN", "?lang=en", "en"),
    ],
)
def test_the_page_is_in_the_visitors_language(services, visitor, accepts, query, expected):
    add_incident(services.database)

    body = _text(visitor.get(f"/i/ab2cd3e{query}", headers={"Accept-Language": accepts}))

    assert f'<html lang="{expected}">' in body
    assert f'<article lang="{expected}">' in body
    assert TEXTS[expected][Surface.FAQ_ANSWER].splitlines()[0] in body


def test_a_notice_that_is_not_in_the_visitors_language_says_which_it_is_in(services, visitor):
    add_incident(services.database, Incident(texts={"zh-CN": TEXTS["zh-CN"]}))

    body = _text(visitor.get("/i/ab2cd3e", headers={"Accept-Language": "en"}))

    assert '<html lang="en">' in body
    assert '<article lang="zh-CN">' in body


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_page_and_stylesheet_are_small_and_need_no_script(services, visitor, language):
    long = "".join(f"<p>{'A long paragraph of advice. ' * 10}</p>" for _ in range(12))
    texts = {tag: {**each, Surface.PAGE: each[Surface.PAGE] + long} for tag, each in TEXTS.items()}
    add_incident(services.database, Incident(texts=texts))

    page = visitor.get(f"/i/ab2cd3e?lang={language}")
    style = visitor.get(re.findall(r'href="(/static/[^"]+)"', page.text)[0])

    assert len(page.data) + len(style.data) <= LIMIT
    assert "<script" not in page.text


def test_the_page_says_when_the_next_update_comes_on_the_races_clock(services, visitor):
    add_incident(services.database, Incident(promised_at=NOW + timedelta(hours=1)))

    assert "Next update by Sun 6 Dec, 03:00" in _text(visitor.get("/i/ab2cd3e"))


def test_the_page_lists_every_revision(services, visitor):
    add_incident(services.database)
    later = Incident(kind="update")
    add_revision_of(services.database, later, 2, at=NOW + timedelta(minutes=30))

    history = _text(visitor.get("/i/ab2cd3e")).split("What has been said so far")[1]

    assert ["Update", "Notice"] == re.findall(r"<b>([^<]+)</b>", history)
    assert history.index("Sun 6 Dec, 02:30") < history.index("Sun 6 Dec, 02:00")


def test_a_resolved_incident_is_marked_and_promises_nothing(services, visitor):
    add_incident(services.database, Incident(promised_at=NOW))
    resolve(services.database)

    body = _text(visitor.get("/i/ab2cd3e"))

    assert "Resolved" in body
    assert "Going on now" not in body
    assert "Next update by" not in body


@pytest.mark.parametrize("path", ["/i/ab2cd3e", "/verify/ab2cd3e"])
def test_a_drill_says_so_in_both_languages(services, visitor, path):
    add_incident(services.database, Incident(drill=True))

    body = _text(visitor.get(path))

    assert "EXERCISE / 演练" in body
    assert '<meta name="robots" content="noindex">' in body


def test_an_unchanged_page_is_not_sent_twice_and_a_changed_one_is(services, visitor):
    add_incident(services.database)
    etag = visitor.get("/i/ab2cd3e").headers["ETag"]
    unchanged = visitor.get("/i/ab2cd3e", headers={"If-None-Match": etag})
    add_revision_of(services.database, Incident(kind="update"), 2)

    changed = visitor.get("/i/ab2cd3e", headers={"If-None-Match": etag})

    assert (304, b"") == (unchanged.status_code, unchanged.data)
    assert changed.status_code == 200
    assert changed.headers["Cache-Control"] == "public, max-age=5"


def test_a_code_typed_in_capitals_and_with_spaces_is_found(services, visitor):
    add_incident(services.database)

    found = visitor.get("/i/?code= AB2 CD3E.", follow_redirects=True)

    assert found.request.path == "/i/ab2cd3e"
    assert found.status_code == 200


def test_an_unknown_code_helps_to_find_the_right_one(visitor):
    answer = visitor.get("/i/zzzzzzz")

    assert answer.status_code == 404
    assert "Check the code" in answer.text
    assert 'action="/i/"' in answer.text


@pytest.mark.parametrize("code", ["%3Cscript%3Ealert(1)%3C/script%3E", "a" * 5000, "%00", "..%2f"])
def test_a_strange_code_is_only_unknown(visitor, code):
    answer = visitor.get(f"/verify/{code}")

    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_verify_says_plainly_that_a_message_is_real_and_what_it_said(services, visitor):
    add_incident(services.database)

    body = _text(visitor.get("/verify/ab2cd3e"))

    assert "This message is real" in body
    assert TEXTS["en"][Surface.BANNER] in body
    assert "http://race.example/" in body


def test_verify_warns_of_a_code_nobody_sent(visitor):
    answer = visitor.get("/verify/zzzzzzz")

    assert answer.status_code == 404
    assert "Do not trust this message" in answer.text


def test_the_embed_script_may_be_loaded_by_any_site(visitor):
    answer = visitor.get("/embed/banner.js")

    assert answer.mimetype in {"text/javascript", "application/javascript"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
