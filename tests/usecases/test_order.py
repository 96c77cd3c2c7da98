"""What leaves first, what leaves no more, and who may say so: urgency, expiry, fences."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from notify.bootstrap import utc_now
from notify.channels.sealed import Sealed
from notify.domain.attempt import LEASE_S, SETTLE_S
from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.notice import NoticeKind
from notify.ports import Throttled
from notify.store.claims import Lease, claim
from notify.store.deliveries import ClaimRow, NoticeRow
from notify.store.outcomes import Outcome, record
from notify.usecases.outcome import Attempted, write_down
from notify.usecases.sweep import sweep
from tests.usecases.scene import a_race, register, runners, write_race

S = DeliveryStatus
LEASE = Lease("tester", LEASE_S)


def take(scene, limit=10):
    with scene.database.write() as connection:
        return claim(connection, channel=Channel.SMS, limit=limit, lease=LEASE)


def set_notice(scene, notice_id, **values):
    with scene.database.write() as connection:
        connection.execute(update(NoticeRow).where(NoticeRow.id == notice_id).values(**values))


def elsewhere(scene):
    """Start the playbook on another race; return the notice."""
    write_race(scene.database, a_race(id="other"))
    register(scene.database, *runners(3), race_id="other")
    return scene.trigger(race_id="other").notice_id


def test_the_most_urgent_notice_leaves_first(scene):
    register(scene.database, *runners(3))
    bulk = scene.trigger().notice_id
    crisis = elsewhere(scene)
    set_notice(scene, bulk, priority=9)

    order = [claimed.notice_id for claimed in iter(lambda: take(scene, 2), None)]

    assert [crisis, crisis, bulk, bulk] == order


def test_a_crisis_overtakes_a_notice_that_is_being_sent(scene):
    register(scene.database, *runners(5))
    bulk = scene.trigger().notice_id
    set_notice(scene, bulk, priority=9)
    first = take(scene, 2)
    crisis = elsewhere(scene)

    order = [claimed.notice_id for claimed in iter(lambda: take(scene, 3), None)]

    assert first is not None
    assert [crisis, bulk] == order


def test_a_drill_never_stands_in_the_way_of_the_real_thing(scene):
    register(scene.database, *runners(3))
    drill = scene.trigger(drill=True).notice_id
    live = scene.trigger().notice_id

    order = [claimed.notice_id for claimed in iter(lambda: take(scene), None)]

    assert [live, drill] == order


def test_a_drill_opens_nothing_but_the_sealed_channel(scene):
    register(scene.database, *runners(3))
    scene.trigger(drill=True)

    scene.drain()

    assert [S.ACCEPTED] * 3 == scene.statuses()
    assert [(Channel.SMS, True)] == scene.opened
    assert [] == scene.sms.taken
    assert isinstance(scene.services.open_channel(Channel.SMS, True), Sealed)


def test_what_is_over_its_time_does_not_leave_and_the_sweep_says_so(scene):
    register(scene.database, *runners(2))
    notice = scene.trigger().notice_id
    set_notice(scene, notice, expires_at=utc_now() - timedelta(seconds=1))

    drained = scene.drain()
    swept = sweep(services=scene.services)

    assert 0 == drained.claimed
    assert 2 == swept.expired
    assert [S.EXPIRED] * 2 == scene.statuses()
    assert [] == scene.sms.taken


@pytest.mark.parametrize("closed", ["published_at", "held_at", "superseded_at"])
def test_an_unpublished_held_or_superseded_notice_cannot_be_claimed(scene, closed):
    register(scene.database, *runners(2))
    notice = scene.trigger().notice_id
    set_notice(scene, notice, **{closed: None if closed == "published_at" else utc_now()})

    assert take(scene) is None
    assert [S.PLANNED] * 2 == scene.statuses()


def test_a_claim_writes_ahead_and_proves_itself_with_a_fence(scene):
    register(scene.database, *runners(3))
    scene.trigger()

    claimed = take(scene, 2)

    rows = scene.deliveries()
    assert [S.SENDING, S.SENDING, S.PLANNED] == [row.status for row in rows]
    assert [(row.id, row.fence, row.attempt) for row in claimed.rows] == [
        (row.id, 1, 1) for row in rows[:2]
    ]
    assert {(1, 1)} == {(row.fence, row.attempt) for row in rows[:2]}
    assert all(row.lease_until > utc_now() for row in rows[:2])


def test_nobody_claims_what_somebody_has(scene):
    register(scene.database, *runners(5))
    scene.trigger()

    claims = [take(scene, 2), take(scene, 2), take(scene, 2), take(scene, 2)]

    assert claims[3] is None
    taken = [row.id for claimed in claims if claimed for row in claimed.rows]
    assert [row.id for row in scene.deliveries()] == taken


def test_an_outcome_under_an_old_fence_changes_nothing(scene):
    register(scene.database, *runners(1))
    scene.trigger()
    [stale] = take(scene).rows
    abandon_leases(scene)
    sweep(services=scene.services)

    with scene.database.write() as connection:
        outcome = Outcome(stale.id, stale.fence, S.ACCEPTED, provider_id="SM1")
        changed = record(connection, [outcome], at=utc_now())

    [row] = scene.deliveries()
    assert 0 == changed
    assert (S.AMBIGUOUS, None, "worker_lost") == (row.status, row.provider_id, row.error_code)
    assert stale.fence + 1 == row.fence


def test_of_two_outcomes_under_one_fence_the_first_stays(scene):
    register(scene.database, *runners(1))
    scene.trigger()
    [mine] = take(scene).rows
    changed = []

    for status in (S.ACCEPTED, S.FAILED):
        with scene.database.write() as connection:
            outcome = Outcome(mine.id, mine.fence, status)
            changed.append(record(connection, [outcome], at=utc_now()))

    assert [1, 0] == changed
    assert [S.ACCEPTED] == scene.statuses()


def test_a_message_given_back_after_its_notice_was_superseded_is_withdrawn(scene):
    register(scene.database, *runners(2))
    first = scene.trigger()
    [row, _other] = take(scene).rows
    second = scene.revise(first.incident_id, NoticeKind.UPDATE)
    with scene.database.write() as connection:
        now = utc_now()
        given_back = Outcome(row.id, row.fence, S.PLANNED, due_at=now, counted=False)
        write_down(connection, Channel.SMS, [Attempted(given_back, row.lane_id)], at=now)

    sweep(services=scene.services)
    scene.drain()

    assert [S.CANCELLED, S.SENDING] == scene.statuses(first.notice_id)
    assert [S.ACCEPTED] * 2 == scene.statuses(second.notice_id)
    assert 2 == len(scene.sms.taken)


def test_a_lease_that_is_over_makes_the_message_ambiguous_only_after_settling(scene):
    register(scene.database, *runners(2))
    scene.trigger()
    [early, late] = scene.deliveries()
    scene.leave_in_hand(early, lease_until=utc_now() - timedelta(seconds=SETTLE_S + 1), fence=1)
    scene.leave_in_hand(late, lease_until=utc_now() + timedelta(seconds=LEASE_S), fence=1)

    swept = sweep(services=scene.services)

    assert 1 == swept.ambiguous
    assert [S.AMBIGUOUS, S.SENDING] == scene.statuses()


def abandon_leases(scene):
    with scene.database.write() as connection:
        long_ago = utc_now() - timedelta(minutes=1)
        connection.execute(update(ClaimRow).values(lease_until=long_ago))


def test_being_throttled_again_and_again_loses_nobody(scene):
    register(scene.database, *runners(40))
    scene.trigger()
    scene.answer(*[Throttled("429", retry_after=0), None, None] * 20)

    for _ in range(8):
        scene.make_due()
        scene.drain()

    assert [S.ACCEPTED] * 40 == scene.statuses()
    assert 40 == len({message.address for message in scene.sms.accepted})
    assert 40 == len(scene.sms.accepted)
