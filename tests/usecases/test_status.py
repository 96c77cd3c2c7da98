"""The numbers of an incident are those that counting row by row gives."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from notify.domain.delivery import OPEN, REACHED, DeliveryStatus
from notify.domain.notice import NoticeKind
from notify.ports import Rejected, Unavailable, Uncertain
from notify.store.deliveries import DeliveryRow, RecipientRow, SharedDeliveryRow
from notify.usecases.errors import Unknown
from notify.usecases.status import status
from tests.usecases.scene import Runner, phone, register, runners

S = DeliveryStatus


@pytest.fixture
def launched(scene):
    """Give a notice to ten people who share phones, mailboxes and apps, and to two left out."""
    people = [
        Runner(
            phone=phone(number // 3) if number % 4 else None,
            email=f"r{number // 2}@example.org",
            tokens=(f"t{number // 4}",),
        )
        for number in range(10)
    ]
    register(scene.database, *people, Runner(), Runner(phone=phone(90), status="cancelled"))
    return scene.trigger()


def counted(scene, notice_id):
    """Count everything the slow way."""
    rows = scene.deliveries(notice_id)
    with scene.database.read() as connection:
        recipients = connection.execute(
            select(RecipientRow.__table__).where(RecipientRow.notice_id == notice_id)
        ).all()
        shared = connection.execute(select(SharedDeliveryRow.__table__)).all()
    by_channel: dict[str, Counter[str]] = defaultdict(Counter)
    people_of = defaultdict(set)
    for row in rows:
        by_channel[row.channel][row.status] += 1
        people_of[row.id].add(row.registrant_id)
    for other in shared:
        people_of[other.delivery_id].add(other.registrant_id)
    reached = {person for row in rows if row.status in REACHED for person in people_of[row.id]}
    return {
        "deliveries": {channel: dict(counts) for channel, counts in by_channel.items()},
        "people": sum(recipient.left_out is None for recipient in recipients),
        "left_out": dict(Counter(r.left_out for r in recipients if r.left_out)),
        "reached": len(reached),
        "open": sum(row.status in OPEN for row in rows),
        "total": len(rows),
    }


@given(data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_numbers_are_those_of_the_rows(scene, launched, data):
    ids = [row.id for row in scene.deliveries()]
    states = data.draw(st.lists(st.sampled_from(S), min_size=len(ids), max_size=len(ids)))
    with scene.database.write() as connection:
        for delivery_id, state in zip(ids, states, strict=True):
            row = update(DeliveryRow).where(DeliveryRow.id == delivery_id)
            connection.execute(row.values(status=state))

    now = status(launched.incident_id, services=scene.services)

    found = {
        name: getattr(now, name) for name in ("people", "left_out", "reached", "open", "total")
    }
    found["deliveries"] = {channel: dict(counts) for channel, counts in now.deliveries.items()}
    assert counted(scene, launched.notice_id) == found
    assert (now.seconds["all_accepted"] is None) == (now.open > 0 or now.reached >= 0)


def test_the_json_is_the_contract(scene, launched):
    document = status(launched.incident_id, services=scene.services).as_json()

    assert {"incident", "notice", "revision", "people", "reached", "deliveries", "left_out"} | {
        "seconds",
        "urls",
    } <= set(document)
    assert {"committed", "published", "first_accepted", "all_accepted"} == set(document["seconds"])  # type: ignore[call-overload]
    assert {"page", "console", "faq"} == set(document["urls"])  # type: ignore[call-overload]
    assert launched.notice_id == document["notice"]
    assert {"no_address": 1, "status_not_affected": 1} == document["left_out"]


def test_the_moments_count_from_the_trigger(scene):
    register(scene.database, *runners(2))
    code = scene.trigger().incident_id
    before = status(code, services=scene.services).seconds
    scene.drain()
    after = status(code, services=scene.services).seconds

    assert (0.0, None, None) == (
        before["committed"],
        before["first_accepted"],
        before["all_accepted"],
    )
    took = round((scene.clock.now - scene.notice(1).created_at).total_seconds(), 3)
    assert (took, took) == (after["first_accepted"], after["all_accepted"])
    assert after["published"] is not None


def test_failures_are_counted_by_channel_and_code(scene):
    register(scene.database, *runners(4))
    code = scene.trigger().incident_id
    scene.answer(Rejected("21211"), Rejected("21211"), Uncertain("timeout"))
    scene.drain()

    now = status(code, services=scene.services)

    assert {"sms:21211": 2} == now.failures
    assert {"sms:timeout": 1} == now.waiting
    assert {"sms": {"failed": 2, "ambiguous": 1, "accepted": 1}} == now.deliveries
    assert (1, None) == (now.open, now.seconds["all_accepted"])


def test_what_waits_after_a_try_says_why_and_what_was_never_tried_does_not(scene):
    register(scene.database, *runners(3))
    code = scene.trigger().incident_id

    before = status(code, services=scene.services).waiting
    scene.answer(*[Unavailable("20003", credentials=True)] * 3)
    scene.drain()
    after = status(code, services=scene.services)

    assert {} == before
    assert {"sms:20003": 3} == after.waiting == after.as_json()["waiting"]
    assert {} == after.failures


def test_the_status_is_that_of_the_newest_notice(scene):
    register(scene.database, *runners(2))
    code = scene.trigger().incident_id
    scene.drain()
    scene.revise(code, NoticeKind.UPDATE)

    now = status(code, services=scene.services)

    assert (2, NoticeKind.UPDATE, {"sms": {"planned": 2}}) == (
        now.revision,
        now.kind,
        now.deliveries,
    )


def test_an_unknown_incident_has_no_status(scene):
    with pytest.raises(Unknown, match="no incident called 'nothere'"):
        status("nothere", services=scene.services)
