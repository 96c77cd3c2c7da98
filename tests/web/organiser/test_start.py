"""From a playbook to a sent notice."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import insert

from notify.store.deliveries import DeliveryRow, NoticeRow
from notify.store.incidents import IncidentRow
from notify.store.races import SuppressionRow
from tests.usecases.scene import Runner, a_race, phone, register, write_race
from tests.web.organiser.conftest import signed_in
from tests.web.organiser.console import CANCELLED, START


def test_the_review_says_how_many_people_are_told(console):
    console.review()

    assert 200 == console.status
    assert '<span class="figure">4</span>' in console.page
    assert "Send to 4 people" in console.page


def test_the_review_shows_a_named_sample_of_each_language(console):
    console.review()

    assert "As Test Runner will read it" in console.page
    assert "As Wei Zhang will read it" in console.page
    assert "取消" in console.page


def test_the_review_says_which_channel_is_off_and_why(console):
    console.review()

    assert "App push is off" in console.page
    assert "FCM_PROJECT_ID is not set" in console.page


def test_a_review_writes_nothing(console, count):
    console.review()

    assert (0, 0) == (count(IncidentRow), count(NoticeRow))


def test_confirming_starts_the_incident_and_leads_to_its_page(console_on_each):
    code = console_on_each.trigger()

    page = console_on_each.look(f"/incidents/{code}").page
    assert "of 4 people reached" in page


def test_pressing_twice_starts_one_incident(console, count):
    console.review()
    page = console.answer
    console.send(f"{START}/send")
    first = console.answer.headers["Location"]
    console.answer = page

    console.send(f"{START}/send")

    assert first == console.answer.headers["Location"]
    assert (1, 1, 4) == (count(IncidentRow), count(NoticeRow), count(DeliveryRow))


@pytest.mark.parametrize(
    ("sent", "later"),
    [({}, {"f-decision": "shortened", "f-new_distance": "10 km"}), ({"drill": "on"}, {})],
)
def test_who_goes_back_and_sends_something_else_is_not_told_it_was_sent(
    console, count, sent, later
):
    form = console.look(START).answer
    console.send(f"{START}/review", CANCELLED | sent).send(f"{START}/send")
    console.answer = form

    console.send(f"{START}/review", CANCELLED | later).send(f"{START}/send")

    assert (409, 1) == (console.status, count(NoticeRow))
    assert "Nothing was sent" in console.page
    console.send(f"{START}/send")
    # After a drill the real notice goes out; beside a running incident there is no second.
    assert ((303, 2) if sent else (409, 1)) == (console.status, count(NoticeRow))


def test_a_changed_audience_is_shown_again_before_anything_is_sent(console, services, count):
    console.review()
    register(services.database, Runner(phone=phone(77)))

    console.send(f"{START}/send")

    assert 409 == console.status
    assert "Nothing was sent" in console.page
    assert "It was 4 people, now it is 5 people." in console.page
    assert 0 == count(IncidentRow)


def test_the_new_review_after_a_change_can_be_confirmed(console, services, count):
    console.review()
    register(services.database, Runner(phone=phone(77)))
    console.send(f"{START}/send")

    console.send(f"{START}/send")

    assert (303, 5) == (console.status, count(DeliveryRow))


def test_a_review_that_lay_open_too_long_is_shown_again(console, services):
    console.review()
    services.now.advance(minutes=31)

    console.send(f"{START}/send")

    assert 409 == console.status


def test_a_confirmation_of_nothing_that_was_seen_sends_nothing(console, count):
    console.review().send(f"{START}/send", {"seen": ""})

    assert (409, 0) == (console.status, count(IncidentRow))


def test_missing_facts_are_named_at_their_fields(console):
    console.review({"f-cause": "wind"})

    assert 422 == console.status
    assert '<a href="#f-decision-0">What has been decided?</a>: Choose one.' in console.page
    assert 'id="f-next_update_at-wrong">Fill this in.' in console.page
    assert 'aria-describedby="f-next_update_at-help f-next_update_at-wrong"' in console.page


def test_what_was_typed_is_kept_when_something_is_wrong(console):
    console.review({"f-cause": "wind", "f-new_distance": "21 km", "f-waves": ["A", "B"]})

    fields = console.fields(f"{START}/review")
    assert ("f-cause", "wind") in fields
    assert ("f-new_distance", "21 km") in fields
    assert [("f-waves", "A"), ("f-waves", "B")] == [f for f in fields if f[0] == "f-waves"]


def test_a_later_start_needs_its_time(console):
    console.review({**CANCELLED, "f-decision": "delayed_start"})

    assert 422 == console.status
    assert 'id="f-new_start-wrong">Fill this in.' in console.page


def test_changing_the_facts_loses_nothing(console):
    console.review({**CANCELLED, "f-courses": ["full", "half"], "drill": "on"})

    console.send(f"{START}/send", to=f"{START}/edit")

    fields = console.fields(f"{START}/review")
    expected = {("f-decision", "cancelled"), ("f-courses", "half"), ("drill", "on")}
    assert set() == expected - set(fields)


def test_the_request_id_stays_through_every_step(console):
    first = dict(console.look(START).fields(f"{START}/review"))["request_id"]
    console.send(f"{START}/review", CANCELLED)
    console.send(f"{START}/send", to=f"{START}/edit")

    assert first == dict(console.fields(f"{START}/review"))["request_id"]


def test_nobody_affected_is_said_in_plain_words(console, count):
    console.review({**CANCELLED, "f-waves": ["C"]})

    assert 422 == console.status
    assert "Nobody who can be reached is affected by these facts" in console.page
    assert 0 == count(IncidentRow)


def test_a_second_incident_of_a_running_playbook_leads_to_the_first(console, count):
    code = console.trigger()

    console.review().send(f"{START}/send")

    assert 409 == console.status
    assert f'href="/incidents/{code}"' in console.page
    assert 1 == count(IncidentRow)


def test_a_drill_may_run_beside_the_real_thing(console, count):
    console.trigger()

    console.trigger({**CANCELLED, "drill": "on"})

    assert 2 == count(IncidentRow)


def test_a_drill_looks_and_reads_different(console):
    console.review({**CANCELLED, "drill": "on"})

    assert '<aside class="tape"' in console.page
    assert "Run the drill for 4 people" in console.page
    assert "Send to" not in console.page


def test_a_drill_is_possible_with_every_channel_off(app, services):
    off = {name: replace(info, on=False) for name, info in services.channels.items()}
    app.extensions["notify"] = replace(services, channels=off)
    console = signed_in(app, services)

    console.review()
    refused = console.status, "Every channel of this playbook is off" in console.page
    console.review({**CANCELLED, "drill": "on"})

    assert ((422, True), 200) == (refused, console.status)


def test_a_holding_notice_needs_no_decision(console):
    console.review(
        {"kind": "holding", "f-cause": "lightning", "f-next_update_at": "2026-12-06T06:30"}
    )

    assert 200 == console.status
    assert "Holding notice" in console.page


def test_a_runners_name_is_never_markup(console, services):
    evil = '<script>alert("x")</script>'
    register(
        services.database,
        Runner(phone=phone(5), language="en", wave="C", first_name=evil, last_name="O'Neil"),
    )

    console.review({**CANCELLED, "f-waves": ["C"]})

    assert "&lt;script&gt;" in console.page
    assert "<script>alert" not in console.page.replace("&amp;lt;", "")


def test_a_typed_fact_is_never_markup(console):
    console.review({**CANCELLED, "f-new_distance": '"><img src=x>'})

    assert "<img" not in console.page


def test_the_e_mails_own_styles_are_allowed_by_their_hash_and_no_others(console):
    console.review()

    policy = console.answer.headers["Content-Security-Policy"]
    assert re.search(r"style-src 'self' 'unsafe-hashes'( 'sha256-[\w+/=]+')+(;|$)", policy)
    assert "unsafe-inline" not in policy


def test_messages_that_will_not_be_sent_are_counted(console, services):
    with services.database.write() as connection:
        connection.execute(
            insert(SuppressionRow).values(
                channel="sms", address=phone(9), reason="opted_out", created_at=services.now()
            )
        )

    console.review()

    assert "1 of them will not be sent" in console.page


@pytest.mark.parametrize("step", ["review", "edit", "send"])
def test_a_step_that_is_only_looked_at_leads_back_to_the_form(console, step):
    console.look(f"{START}/{step}")

    assert (303, START) == (console.status, console.answer.headers["Location"])


def test_a_time_that_the_clocks_skip_asks_for_its_offset(console, services):
    write_race(services.database, a_race(id="dst-2027", time_zone="America/Chicago"))
    register(services.database, Runner(phone=phone(1)), race_id="dst-2027")
    start = "/start/dst-2027/weather_cancellation"

    console.review({**CANCELLED, "f-next_update_at": "2027-03-14T02:30"}, start)

    assert 422 == console.status
    assert "The clocks in America/Chicago change around this time" in console.page
    assert 'type="text" maxlength' in console.page


@pytest.mark.parametrize("address", ["/start/nowhere/weather_cancellation", "/start/lake-2026/no"])
def test_an_unknown_race_or_playbook_is_not_found(console, address):
    assert 404 == console.look(address).status
