"""The organiser's way from the first page to a sent notice, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, update

from notify.store.deliveries import DeliveryRow
from notify.store.incidents import IncidentRow
from notify.usecases.services import Services
from notify.web import create_app
from tests.browser.accessibility import violations
from tests.browser.conftest import sign_in
from tests.conftest import SCREENS
from tests.installation import installed
from tests.usecases.scene import Runner, phone, register, runners, write_race
from tests.web.conftest import add_user

MAX_BYTES = 60_000


@pytest.fixture
def services(sqlite_url, tmp_path) -> Iterator[Services]:
    services = installed(sqlite_url, tmp_path)
    write_race(services.database)
    chinese = Runner(phone=phone(9), language="zh-CN", first_name="Wei", last_name="Zhang")
    register(services.database, *runners(3), chinese)
    yield services
    services.database.engine.dispose()


@pytest.fixture
def app(services) -> Flask:
    return create_app(services)


@pytest.fixture
def base(serve, app):
    """Give the address of the running application."""
    return serve(app)


@pytest.fixture
def admit(app, base, services) -> Callable[[Page], Page]:
    """Give a function that signs an organiser in and opens the first page."""

    def admitted(page: Page) -> Page:
        sign_in(page.context, app, base, add_user(services, "organiser"))
        page.goto(base)
        return page

    return admitted


@pytest.fixture
def organiser(page: Page, admit):
    """Give an organiser's browser at the first page."""
    return admit(page)


@pytest.fixture(params=[pytest.param(size, id=name) for name, size in SCREENS.items()])
def plain(browser: Browser, request, admit) -> Iterator[Page]:
    """Give an organiser's browser that runs no script."""
    width, height = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=False
    )
    yield admit(context.new_page())
    context.close()


def fill_in(page: Page) -> None:
    page.get_by_role("link", name="Weather").click()
    page.get_by_label("Cancelled").check()
    page.get_by_label("strong wind").check()
    page.get_by_label("Do not travel to the race").check()
    page.get_by_label("Next update promised by").fill("2026-12-06T06:30")


def review(page: Page) -> None:
    fill_in(page)
    page.get_by_role("button", name="See who gets what").click()
    expect(page.get_by_role("button", name="Send to 4 people")).to_be_visible()


def send(page: Page) -> None:
    review(page)
    page.get_by_role("button", name="Send to 4 people").click()
    expect(page.get_by_text("of 4 people reached")).to_be_visible()


def deliver_all(services: Services) -> None:
    with services.database.write() as connection:
        connection.execute(update(DeliveryRow).values(status="delivered"))


def incidents(services: Services) -> int:
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(IncidentRow)).scalar_one()


def test_from_the_first_page_to_a_sent_notice_that_is_followed_live(organiser, services):
    send(organiser)

    deliver_all(services)

    expect(organiser.locator(".bib .figure")).to_have_text("4")
    expect(organiser.get_by_text("Everything has left").first).to_be_visible()


def test_without_a_script_everything_works_too(plain, services):
    send(plain)
    deliver_all(services)

    plain.reload()

    expect(plain.get_by_text("Everything has left").first).to_be_visible()


def test_without_a_script_the_stop_is_one_press_away(plain):
    send(plain)

    plain.get_by_role("button", name="Stop sending").click()

    expect(plain.get_by_text("Stopped: 4 messages are held back")).to_be_visible()


def test_without_a_script_both_languages_of_the_wording_can_be_read(plain):
    review(plain)

    plain.locator("label", has_text="Chinese").first.click()

    expect(plain.get_by_text("As Wei Zhang will read it")).to_be_visible()


def test_pressing_twice_sends_once(organiser, services):
    review(organiser)

    organiser.get_by_role("button", name="Send to 4 people").dblclick()

    expect(organiser.get_by_text("of 4 people reached")).to_be_visible()
    assert 1 == incidents(services)


def test_going_back_loses_nothing(organiser):
    review(organiser)

    organiser.get_by_role("button", name="Change the facts").click()

    expect(organiser.get_by_label("Cancelled")).to_be_checked()
    expect(organiser.get_by_label("Next update promised by")).to_have_value("2026-12-06T06:30")


def test_changing_the_language_loses_nothing(organiser):
    fill_in(organiser)

    organiser.get_by_role("button", name="中文").click()

    expect(organiser.get_by_label("取消")).to_be_checked()
    expect(organiser.get_by_role("button", name="查看发给谁、发什么")).to_be_visible()


def test_the_first_thing_after_a_mistake_is_what_is_wrong(organiser):
    organiser.get_by_role("link", name="Weather").click()
    organiser.get_by_role("button", name="See who gets what").click()

    summary = organiser.get_by_role("alert")

    expect(summary).to_be_focused()
    summary.get_by_role("link", name="What is the danger?").click()
    expect(organiser.get_by_label("strong wind")).to_be_in_viewport()


def test_the_form_says_which_facts_an_answer_makes_necessary(organiser):
    organiser.get_by_role("link", name="Weather").click()
    tag = organiser.locator(".field", has_text="New start").locator("[data-tag]").first
    before = tag.text_content()

    organiser.get_by_role("radio", name="Starts later").check()

    assert "needed if" in (before or "")
    expect(tag).to_have_text("(needed)")


def test_a_time_is_one_press_on_the_races_clock(organiser):
    organiser.get_by_role("link", name="Weather").click()
    field = organiser.locator(".field", has_text="Next update promised by")

    field.get_by_role("button", name="In 1 h").click()

    assert field.locator("input").input_value().startswith("20")


def test_a_drill_is_never_taken_for_the_real_thing(organiser):
    fill_in(organiser)
    organiser.get_by_label("This is a drill").check()
    organiser.get_by_role("button", name="See who gets what").click()

    expect(organiser.get_by_text("DRILL · EXERCISE").first).to_be_visible()
    expect(organiser.get_by_role("button", name="Run the drill for 4 people")).to_be_visible()


def test_the_email_is_shown_with_its_own_styles(organiser):
    refused: list[str] = []
    organiser.on("console", lambda message: refused.append(message.text))

    review(organiser)

    letter = organiser.frame_locator("iframe").first.locator(".letter")
    expect(letter).to_have_css("font-size", "17px")
    assert [] == [text for text in refused if "Content Security Policy" in text]


def before_the_review(page: Page) -> Iterator[str]:
    yield "the first page"
    page.get_by_role("link", name="Payment outage").click()
    yield "the facts"
    page.get_by_role("button", name="See who gets what").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "mistakes"


def at_the_review(page: Page) -> Iterator[str]:
    review(page)
    yield "the review"
    page.get_by_role("button", name="Change the facts").click()
    page.get_by_label("This is a drill").check()
    page.get_by_role("button", name="See who gets what").click()
    expect(page.get_by_role("button", name="Run the drill")).to_be_visible()
    yield "the review of a drill"


def after_sending(page: Page) -> Iterator[str]:
    send(page)
    yield "sending"
    page.get_by_role("button", name="Stop sending").click()
    expect(page.get_by_text("Stopped: 4 messages")).to_be_visible()
    yield "stopped"
    page.get_by_role("link", name="Update").click()
    expect(page.get_by_label("Cancelled")).to_be_checked()
    yield "the facts of an update"
    page.get_by_role("link", name="Console").click()
    expect(page.get_by_text("0 of 4 people reached")).to_be_visible()
    yield "the first page while something runs"


def outside(page: Page) -> Iterator[str]:
    page.goto(f"{page.url}nowhere")
    yield "no such page"
    page.context.clear_cookies()
    page.goto(page.url.replace("nowhere", ""))
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "signing in"


@pytest.mark.parametrize(
    "journey",
    [before_the_review, at_the_review, after_sending, outside],
    ids=lambda journey: journey.__name__,
)
def test_everybody_can_use_every_page_and_it_fits_the_screen_and_is_light(organiser, journey):
    found: list[str] = []
    for state in journey(organiser):
        wrong = violations(organiser) + too_wide(organiser) + too_heavy(organiser)
        organiser.emulate_media(color_scheme="dark")
        wrong += violations(organiser)
        organiser.emulate_media(color_scheme="light")
        found += [f"{state}: {problem}" for problem in wrong]

    assert [] == found


def too_wide(page: Page) -> list[str]:
    wanted, there = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [] if wanted <= there else [f"{wanted} pixels wide"]


def too_heavy(page: Page) -> list[str]:
    sizes = page.evaluate(
        "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
        ".filter((entry) => entry.initiatorType !== 'fetch').map((entry) => entry.encodedBodySize)"
    )
    return [] if 0 < sum(sizes) < MAX_BYTES else [f"{sum(sizes)} bytes"]
