"""The desk in a browser: it changes by itself, answers can be copied, and everybody can use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from notify.domain.incident import Severity
from notify.domain.notice import Surface
from notify.usecases.services import Services
from notify.web import create_app
from tests.browser.accessibility import violations
from tests.browser.conftest import sign_in
from tests.installation import NOW, installed
from tests.rows import TEXTS, Incident, add_incident, add_race, add_revision_of, resolve
from tests.web.conftest import add_user

EN, ZH = TEXTS["en"], TEXTS["zh-CN"]


@pytest.fixture
def services(sqlite_url, tmp_path) -> Iterator[Services]:
    services = installed(sqlite_url, tmp_path)
    add_race(services.database)
    yield services
    services.database.engine.dispose()


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def base(serve, app):
    """Give the address of the running application."""
    return serve(app)


@pytest.fixture
def desk(page: Page, app, base, services) -> Page:
    """Give an agent's browser with the desk open and its stream connected."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
    sign_in(page.context, app, base, add_user(services, "agent"))
    page.goto(f"{base}/desk?lang=en")
    expect(page.locator("#line")).to_have_attribute("data-state", "live")
    return page


def _announce(services: Services) -> None:
    services.bell.announce("incidents")


def test_a_banner_appears_changes_and_goes_without_a_reload(desk, services):
    desk.evaluate("window.notReloaded = true")
    expect(desk.get_by_text("Nothing is going on.")).to_be_visible()

    add_incident(services.database, Incident(promised_at=NOW + timedelta(hours=1)))
    _announce(services)
    expect(desk.locator(".banner")).to_contain_text(EN[Surface.BANNER])
    expect(desk.get_by_text("Nothing is going on.")).to_have_count(0)

    texts = {tag: {**each, Surface.BANNER: f"Changed {tag}"} for tag, each in TEXTS.items()}
    add_revision_of(services.database, Incident(kind="update", texts=texts), 2)
    _announce(services)
    expect(desk.locator(".banner")).to_contain_text("Changed en")
    expect(desk.locator(".banner")).to_contain_text("2 (Update")

    resolve(services.database, at=NOW)
    _announce(services)
    expect(desk.locator(".banner")).to_have_count(0)
    expect(desk.locator(".note")).to_contain_text("Resolved")
    assert desk.evaluate("window.notReloaded")


def test_what_was_missed_while_the_stream_was_down_is_caught_up(desk, services):
    desk.context.route("**/api/v1/events", lambda route: route.abort())
    desk.reload()
    expect(desk.locator("#line")).to_have_attribute("data-state", "polling")

    add_incident(services.database)

    expect(desk.locator(".banner")).to_have_count(1, timeout=15_000)


def test_the_answer_changes_its_language_by_one_press(desk, services):
    add_incident(services.database)
    _announce(services)
    entry = desk.locator(".entry:visible")
    expect(entry).to_contain_text(EN[Surface.FAQ_QUESTION])

    desk.get_by_text("中文", exact=True).last.click()

    expect(entry).to_contain_text(ZH[Surface.FAQ_QUESTION])
    expect(entry).to_have_attribute("lang", "zh-CN")


def test_the_chosen_language_and_what_is_open_survive_a_change(desk, services):
    add_incident(services.database)
    _announce(services)
    desk.get_by_text("中文", exact=True).last.click()
    desk.locator(".script:visible summary").click()
    expect(desk.locator(".script:visible")).not_to_have_attribute("open", "")

    add_incident(services.database, Incident(id="second2", severity=Severity.EXTREME))
    _announce(services)

    expect(desk.locator(".banner")).to_have_count(2)
    expect(desk.locator("#sheet-zh-CN")).to_be_checked()
    expect(desk.locator("#ab2cd3e-zh-CN-s")).not_to_have_attribute("open", "")


def test_question_and_answer_are_copied_as_plain_text(desk, services):
    add_incident(services.database)
    _announce(services)

    desk.locator(".entry:visible .copy").click()

    expect(desk.locator(".entry:visible .copy")).to_have_text("Copied")
    copied = desk.evaluate("navigator.clipboard.readText()")
    assert f"{EN[Surface.FAQ_QUESTION]}\n\n{EN[Surface.FAQ_ANSWER]}" == copied


def test_without_a_clipboard_the_answer_is_selected(desk, services):
    add_incident(services.database)
    _announce(services)
    desk.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )

    desk.locator(".entry:visible .copy").click()

    expect(desk.locator(".entry:visible .copy")).to_have_text("Select the text and copy it")
    assert "Do not travel" in desk.evaluate("getSelection().toString()")


def test_without_a_script_the_desk_can_be_read(browser, app, base, services):
    add_incident(services.database)
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, app, base, add_user(services, "agent"))
    page = context.new_page()

    page.goto(f"{base}/desk?lang=zh-CN")

    expect(page.locator(".banner")).to_contain_text(ZH[Surface.BANNER])
    page.locator("label", has_text="English").click()
    expect(page.locator(".entry:visible")).to_contain_text(EN[Surface.FAQ_ANSWER].split("\n")[0])
    expect(page.locator(".copy:visible")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_everybody_can_use_the_desk(desk, base, services, language):
    add_incident(services.database, Incident(promised_at=NOW - timedelta(hours=1)))
    add_incident(services.database, Incident(id="drill23", severity=Severity.MINOR, drill=True))
    add_incident(services.database, Incident(id="past234"))
    resolve(services.database, "past234", at=NOW)

    desk.goto(f"{base}/desk?lang={language}")
    desk.locator("details.past:visible summary").click()

    assert [] == violations(desk)
    width = desk.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert 0 >= width, "the page is wider than the screen"


@pytest.mark.parametrize("path", ["/i/ab2cd3e", "/i/zzzzzzz", "/verify/ab2cd3e", "/verify/zzzzzzz"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_everybody_can_use_the_public_pages(page, base, services, path, language):
    add_incident(services.database, Incident(promised_at=NOW + timedelta(hours=1)))

    page.goto(f"{base}{path}?lang={language}")

    assert [] == violations(page)
    assert 0 >= page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_a_runner_reads_the_decision_without_scrolling(page, base, services):
    add_incident(services.database)

    page.goto(f"{base}/i/ab2cd3e?lang=en")

    decision = page.get_by_role("heading", name="The race is cancelled")
    expect(decision).to_be_in_viewport()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="比赛取消")).to_be_visible()
    expect(page.locator("article")).to_have_attribute("lang", "zh-CN")


def test_a_mistyped_code_can_be_typed_again(page, base, services):
    add_incident(services.database)
    page.goto(f"{base}/i/ab2cd3x?lang=en")

    page.get_by_label("Code in your message").fill("AB2CD3E")
    page.get_by_role("button", name="Look it up").click()

    expect(page.get_by_role("heading", name="The race is cancelled")).to_be_visible()


def test_the_banner_shows_in_another_sites_page(page, serve, base, services, free_port):
    add_incident(services.database)
    add_incident(services.database, Incident(id="drill23", drill=True))
    other = Flask("help_desk")
    other.add_url_rule(
        "/",
        view_func=lambda: (
            f'<!doctype html><html lang="zh"><body><h1>Help</h1>'
            f'<script src="{base}/embed/banner.js" data-lang="zh-CN" defer></script></body></html>'
        ),
    )
    host = make_server("127.0.0.1", free_port(), other, threaded=True)
    threading.Thread(target=host.serve_forever, daemon=True).start()

    page.goto(f"http://127.0.0.1:{host.port}/")

    expect(page.locator(".banner")).to_have_count(1)
    expect(page.locator(".banner")).to_contain_text(ZH[Surface.BANNER])
    assert [] == page.context.cookies()
    host.shutdown()
    host.server_close()
