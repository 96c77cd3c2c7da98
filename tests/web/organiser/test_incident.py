"""The page of an incident, and stopping it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from notify.store.deliveries import DeliveryRow, NoticeRow
from tests.web.organiser.console import CANCELLED, Console


@pytest.fixture
def code(console):
    """Give the code of an active incident that was just triggered."""
    return console.trigger()


def set_all(services, **values):
    with services.database.write() as connection:
        connection.execute(update(DeliveryRow).values(**values))


def press(console: Console, code: str, what: str) -> Console:
    action = f"/incidents/{code}/{what}"
    console.look(f"/incidents/{code}").send(action)
    assert 303 == console.status
    return console.look(f"/incidents/{code}")


def test_the_page_says_how_many_people_were_reached(console, code, services):
    set_all(services, status="delivered", accepted_at=services.now())

    page = console.look(f"/incidents/{code}").page

    assert '<span class="figure">4</span>' in page
    assert "Everything has left" in page


def test_a_page_on_which_something_happens_refreshes_without_a_script(console, code):
    page = console.look(f"/incidents/{code}").page

    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'data-live="yes"' in page


def test_a_page_on_which_nothing_happens_does_not(console, code, services):
    set_all(services, status="delivered", accepted_at=services.now())

    page = console.look(f"/incidents/{code}").page

    assert "http-equiv" not in page
    assert 'data-live="no"' in page


def test_the_part_that_changes_is_served_alone(console, code):
    page = console.look(f"/incidents/{code}/progress").page

    assert page.lstrip().startswith('<div id="progress"')
    assert "<html" not in page


def test_failures_are_said_in_words_with_their_code(console, code, services):
    set_all(services, status="undelivered", error_code="30003")

    page = console.look(f"/incidents/{code}").page

    assert "the phone is off or out of coverage" in page
    assert "30003" in page


def test_stopping_holds_what_has_not_left(console, code, services):
    page = press(console, code, "stop").page

    assert "Stopped: 4 messages are held back, 0 had left already." in page
    assert "Resume sending" in page
    with services.database.read() as connection:
        assert connection.execute(NoticeRow.__table__.select()).one().held_at is not None


def test_resuming_lets_them_go(console, code):
    press(console, code, "stop")

    page = press(console, code, "resume").page

    assert "Resumed. 4 messages go on." in page
    assert "Stop sending" in page


def test_the_way_to_the_public_page_and_the_desk_is_shown(console, code):
    page = console.look(f"/incidents/{code}").page

    assert f'href="/i/{code}"' in page
    assert 'href="/desk"' in page


def test_an_overdue_promise_is_seen(console, services):
    code = console.trigger({**CANCELLED, "f-next_update_at": "2026-12-06T02:30"})
    services.now.advance(hours=3)

    assert "overdue" in console.look(f"/incidents/{code}").page


def test_an_unknown_incident_is_not_found(console):
    assert 404 == console.look("/incidents/zzzzzzz").status
