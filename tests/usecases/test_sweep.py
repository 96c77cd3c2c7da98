"""Sweeping: what nobody looks after any more is found, and a second sweep changes nothing."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from notify.bootstrap import utc_now
from notify.domain.delivery import Channel, DeliveryStatus
from notify.ports import Throttled
from notify.store.deliveries import NoticeRow
from notify.store.schema import metadata
from notify.usecases.deliver import WINDOW
from notify.usecases.hold import hold
from notify.usecases.sweep import Swept, sweep
from tests.usecases.scene import Runner, phone, register, runners
from tests.usecases.together import all_at_once

S = DeliveryStatus
QUIET = Swept(ambiguous=0, expired=0, withdrawn=0, published=0, rung=())


def everything(scene):
    """Return every row of every table."""
    with scene.database.read() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)).all()))
            for name, table in metadata.tables.items()
        }


def in_every_trouble(scene):
    """Leave behind an expired lease, an expired notice and a shut gate, and something due."""
    register(scene.database, *runners(6))
    live, drill = scene.trigger(), scene.trigger(drill=True)
    first, second, *_ = scene.deliveries(live.notice_id)
    long_ago = utc_now() - timedelta(minutes=5)
    scene.leave_in_hand(first, lease_until=long_ago, fence=3)
    scene.set_status(second.id, S.ACCEPTED)
    with scene.database.write() as connection:
        notices = update(NoticeRow)
        connection.execute(notices.where(NoticeRow.id == live.notice_id).values(published_at=None))
        connection.execute(
            notices.where(NoticeRow.id == drill.notice_id).values(expires_at=long_ago)
        )
    scene.bell.rung.clear()
    return live, drill


def test_a_sweep_finds_every_trouble_and_a_second_one_nothing(scene):
    live, drill = in_every_trouble(scene)

    swept = sweep(services=scene.services)
    after = everything(scene)
    again = sweep(services=scene.services)

    assert Swept(1, 6, 0, 1, (Channel.SMS,)) == swept
    assert Swept(0, 0, 0, 0, (Channel.SMS,)) == again
    assert after == everything(scene)
    assert [S.AMBIGUOUS, S.ACCEPTED, *[S.PLANNED] * 4] == scene.statuses(live.notice_id)
    assert [S.EXPIRED] * 6 == scene.statuses(drill.notice_id)


def test_an_abandoned_message_gets_a_new_fence_and_no_owner(scene):
    live, _drill = in_every_trouble(scene)

    sweep(services=scene.services)

    row = scene.deliveries(live.notice_id)[0]
    assert (S.AMBIGUOUS, 4, None, None) == (row.status, row.fence, row.claim_id, row.lease_until)
    assert "worker_lost" == row.error_code


def test_five_sweeps_at_once_do_the_work_of_one(scene):
    in_every_trouble(scene)

    results = all_at_once([lambda: sweep(services=scene.services)] * 5)

    assert [] == [result for result in results if isinstance(result, Exception)]
    assert (1, 6) == (sum(r.ambiguous for r in results), sum(r.expired for r in results))


def test_bells_are_rung_for_channels_with_something_due_only(scene):
    register(scene.database, Runner(phone=phone(1), email="one@example.org"))
    scene.trigger()
    scene.bell.rung.clear()

    both = sweep(services=scene.services).rung
    scene.drain(Channel.EMAIL)
    one = sweep(services=scene.services).rung
    scene.answer(Throttled("429", retry_after=60))
    scene.drain()
    waiting = sweep(services=scene.services).rung
    scene.make_due()
    again = sweep(services=scene.services).rung

    assert {Channel.SMS, Channel.EMAIL} == set(both)
    assert ((Channel.SMS,), (), (Channel.SMS,)) == (one, waiting, again)
    assert [*both, *one, *again] == scene.bell.rung


def test_nothing_is_rung_for_an_incident_that_is_stopped(scene):
    register(scene.database, *runners(1))
    hold(scene.trigger().incident_id, actor="me", services=scene.services)

    assert QUIET == sweep(services=scene.services)


def test_a_lane_too_long_for_one_window_ends_with_nothing_due(scene):
    register(scene.database, *runners(2 * WINDOW + 1))
    scene.trigger()

    drained = scene.drain()

    assert (2 * WINDOW + 1, False) == (drained.claimed, drained.more)
    assert QUIET == sweep(services=scene.services)


def test_a_quiet_installation_stays_as_it_is(scene):
    before = everything(scene)

    assert QUIET == sweep(services=scene.services)
    assert before == everything(scene)
