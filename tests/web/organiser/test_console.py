"""The first page."""

from __future__ import annotations

from sqlalchemy import delete

from notify.store.races import RaceRow, RegistrantRow
from tests.usecases.scene import a_race, write_race
from tests.web.organiser.conftest import signed_in
from tests.web.organiser.console import START


def test_every_playbook_of_the_only_race_can_be_started(console):
    page = console.look("/").page

    assert f'href="{START}"' in page
    assert 3 == page.count("Fill in the facts")


def test_without_a_race_the_page_says_what_to_do(console, services):
    with services.database.write() as connection:
        connection.execute(delete(RegistrantRow))
        connection.execute(delete(RaceRow))

    page = console.look("/").page

    assert "There is no race yet." in page
    assert "notify race add" in page


def test_a_race_without_people_says_how_to_import_them(console, services):
    with services.database.write() as connection:
        connection.execute(delete(RegistrantRow))

    assert "notify import" in console.look("/").page


def test_of_several_races_one_is_chosen_first(console, services):
    write_race(services.database, a_race(id="other-2027", name={"en": "The other race"}))

    undecided = console.look("/").page
    decided = console.look("/?race=other-2027").page

    assert "Choose a race first." in undecided
    assert 'href="/start/other-2027/weather_cancellation"' in decided


def test_a_running_incident_is_the_first_thing_there(console):
    code = console.trigger()

    page = console.look("/").page

    assert f'href="/incidents/{code}"' in page
    assert "0 of 4 people reached" in page


def test_what_is_running_is_served_alone(console):
    code = console.trigger()

    page = console.look("/running").page

    assert f'href="/incidents/{code}"' in page
    assert "<html" not in page


def test_somebody_of_one_race_sees_that_race_only(app, services):
    write_race(services.database, a_race(id="other-2027", name={"en": "The other race"}))
    signed_in(app, services).trigger()

    page = signed_in(app, services, race_id="other-2027").look("/").page

    assert "The other race" in page
    assert "Lakeshore" not in page
