"""What holds for every page: language, headers, errors, weight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from notify.store.engine import Database
from notify.web import assets
from tests.web.organiser.console import Console

STATIC = Path(assets.__file__).parent / "static"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("fr,en;q=0.5,zh;q=0.4", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_language_is_the_browsers_at_first(visitor, accept, language):
    page = visitor.get("/sign-in", headers={"Accept-Language": accept}).text

    assert f'<html lang="{language}">' in page


def test_the_language_that_was_chosen_stays(visitor):
    visitor.get("/sign-in?lang=zh-CN", headers={"Accept-Language": "en"})

    page = visitor.get("/sign-in", headers={"Accept-Language": "en"}).text

    assert "登录" in page


def test_an_unknown_language_is_ignored(visitor):
    assert '<html lang="en">' in visitor.get("/sign-in?lang=xx").text


def test_choosing_a_language_keeps_the_rest_of_the_address(visitor):
    page = visitor.get("/sign-in?next=/desk").text

    assert 'href="?next=%2Fdesk&amp;lang=zh-CN"' in page


def test_the_console_is_in_chinese_for_who_reads_chinese(sign_in):
    console = Console(sign_in("organiser"), language="zh-CN")

    page = console.look("/").page

    assert "发起事件" in page
    assert "Start" not in page.split("<main")[1]


def test_every_page_may_load_our_own_files_only(visitor):
    headers = visitor.get("/sign-in").headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "nosniff" == headers["X-Content-Type-Options"]


@pytest.mark.parametrize("page", ["/", "/sign-in"])
def test_no_page_has_a_script_or_a_style_in_it(sign_in, visitor, page):
    text = (sign_in("organiser") if page == "/" else visitor).get(page).text

    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert "onclick" not in text


def test_static_files_may_be_kept_because_their_address_changes_with_them(visitor):
    page = visitor.get("/sign-in").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    answer = visitor.get(address)

    assert "?v=" in address
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_pages_are_not_kept(visitor):
    assert "no-store" == visitor.get("/sign-in").headers["Cache-Control"]


def test_stylesheet_and_script_leave_room_for_the_page():
    ours = ["notify.css", "notify.js", "icon.svg"]

    weight = sum((STATIC / name).stat().st_size for name in ours)

    assert weight < 32_000


def test_an_unknown_address_is_a_page_with_a_way_back(visitor):
    answer = visitor.get("/nowhere")

    assert 404 == answer.status_code
    assert "There is no such page." in answer.text
    assert 'href="/"' in answer.text


def test_a_failure_of_ours_shows_no_traceback(app, services, sign_in):
    client = sign_in("organiser")
    app.extensions["notify"] = replace(services, playbooks=None)

    answer = client.get("/")

    assert 500 == answer.status_code
    assert "AttributeError" not in answer.text
    assert "Traceback" not in answer.text


def test_a_database_that_is_away_is_said_in_plain_words(app, services, sign_in, tmp_path):
    client = sign_in("organiser")
    gone = Database(services.settings.database_url)
    gone.engine = create_engine(f"sqlite:///{tmp_path}/no/such/folder.db")
    app.extensions["notify"] = replace(services, database=gone)

    answer = client.get("/")

    assert 503 == answer.status_code
    assert "The database cannot be reached." in answer.text
