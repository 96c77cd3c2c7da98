"""Updating, correcting and ending an incident."""

from __future__ import annotations

import pytest

from notify.store.deliveries import DeliveryRow
from notify.store.incidents import IncidentRow, RevisionRow
from tests.usecases.scene import Runner, phone, register
from tests.web.organiser.console import CANCELLED, START


@pytest.fixture
def code(console):
    """Give the code of an active incident that was just triggered."""
    return console.trigger({**CANCELLED, "f-new_distance": "10 km"})


def accept_everything(services):
    with services.database.write() as connection:
        table = DeliveryRow.__table__
        connection.execute(table.update().values(status="accepted"))  # type: ignore[attr-defined]


def test_the_form_starts_with_the_facts_as_they_stand(console, code):
    console.look(f"/incidents/{code}/update")

    fields = console.fields(f"/incidents/{code}/update/review")
    expected = {
        ("f-decision", "cancelled"),
        ("f-new_distance", "10 km"),
        ("f-next_update_at", "2026-12-06T06:30"),
    }
    assert set() == expected - set(fields)


def test_an_update_becomes_the_next_revision(console, code, count, services):
    accept_everything(services)
    form = f"/incidents/{code}/update"

    console.look(form).send(f"{form}/review", {"f-decision": "postponed"}).send(f"{form}/send")

    assert (303, 2) == (console.status, count(RevisionRow))
    assert "Postponed" in console.look(f"/incidents/{code}").page


def test_an_update_also_goes_to_who_is_affected_only_now(console, code, services):
    accept_everything(services)
    register(services.database, Runner(phone=phone(70)))
    form = f"/incidents/{code}/update"

    console.look(form).send(f"{form}/review")

    assert "Send to 5 people" in console.page


def test_a_correction_goes_to_exactly_those_who_were_told(console, code, services):
    accept_everything(services)
    register(services.database, Runner(phone=phone(70)))
    form = f"/incidents/{code}/correct"

    console.look(form).send(f"{form}/review", {"f-decision": "as_planned", "f-do_now": "come"})

    assert "Send to 4 people" in console.page
    assert "Correction" in console.page


def test_an_all_clear_closes_the_incident(console, code, services):
    accept_everything(services)
    form = f"/incidents/{code}/all-clear"

    console.look(form).send(f"{form}/review").send(f"{form}/send")

    assert 303 == console.status
    assert "Update" not in console.look(f"/incidents/{code}").page.split("<main")[1]


def test_an_optional_fact_can_be_taken_back(console, code, services):
    accept_everything(services)
    form = f"/incidents/{code}/update"

    console.look(form).send(f"{form}/review", {"f-new_distance": ""}).send(f"{form}/send")

    assert "10 km" not in console.look(f"/incidents/{code}").page


def test_a_closed_incident_cannot_be_followed(console, code, services):
    accept_everything(services)
    form = f"/incidents/{code}/all-clear"
    console.look(form)
    page = console.answer
    console.send(f"{form}/review").send(f"{form}/send")
    console.answer = page

    console.send(f"{form}/review")

    assert 409 == console.status
    assert "only an active one can change" in console.page


def test_a_drill_stays_a_drill(console, services):
    code = console.trigger({**CANCELLED, "drill": "on"})
    accept_everything(services)
    form = f"/incidents/{code}/correct"

    console.look(form)

    assert '<aside class="tape"' in console.page
    assert "This is a drill" not in console.page
    assert "Run the drill for 4 people" in console.send(f"{form}/review").page


def test_pressing_twice_revises_once(console, code, services, count):
    accept_everything(services)
    form = f"/incidents/{code}/update"
    console.look(form).send(f"{form}/review", {"f-cause": "heat"})
    page = console.answer
    console.send(f"{form}/send")
    console.answer = page

    console.send(f"{form}/send")

    assert (303, 2, 1) == (console.status, count(RevisionRow), count(IncidentRow))


def test_two_who_update_at_once_do_not_write_over_each_other(console, code, services, count):
    accept_everything(services)
    form = f"/incidents/{code}/update"
    console.look(form).send(f"{form}/review", {"f-cause": "heat"})
    first = console.answer
    console.look(form).send(f"{form}/review", {"f-cause": "flood"}).send(f"{form}/send")
    console.answer = first

    console.send(f"{form}/send")

    assert (409, 2) == (console.status, count(RevisionRow))


def test_what_cannot_be_followed_is_not_found(console):
    console.look(START)

    assert 404 == console.look("/incidents/zzzzzzz/update").status
    assert 404 == console.look("/incidents/zzzzzzz/destroy").status
