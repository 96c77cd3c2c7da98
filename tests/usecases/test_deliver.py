"""Delivering: what each answer of a provider does to the row, and that every row is sent once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from notify.domain.attempt import CREDENTIALS_WAIT_S, SETTLE_S
from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.notice import NoticeKind
from notify.ports import ChannelError, Rejected, Throttled, Unavailable, Uncertain
from notify.store.deliveries import RecipientRow
from notify.store.races import PushTokenRow, SuppressionRow
from notify.store.suppressions import suppress
from tests.usecases.scene import Runner, phone, register, runners

S = DeliveryStatus


def test_everybody_gets_the_message_once_in_their_language(scene):
    register(
        scene.database,
        Runner(phone=phone(1), language="en"),
        Runner(phone=phone(2), language="zh-CN"),
        Runner(phone=phone(3), language=None),
    )
    scene.trigger()

    scene.drain()

    texts = {message.address: message.texts["sms"] for message in scene.sms.accepted}
    assert [phone(1), phone(2), phone(3)] == sorted(texts)
    assert texts[phone(1)].startswith("alert: Lakeshore Marathon is closed")
    assert texts[phone(2)].startswith("alert: 湖滨马拉松现在")
    assert texts[phone(2)] == texts[phone(3)]


def test_an_acceptance_is_recorded_with_the_providers_id(scene):
    register(scene.database, *runners(1))
    launched = scene.trigger()

    scene.drain()

    [row] = scene.deliveries()
    assert (S.ACCEPTED, 1, 1) == (row.status, row.attempt, row.fence)
    assert f"fake-{launched.incident_id}-{row.id}-1" == row.provider_id
    assert (None, None, None) == (row.claim_id, row.lease_until, row.due_at)
    assert scene.clock.now == row.accepted_at


@pytest.mark.parametrize(
    ("answer", "status", "attempts", "wait_s"),
    [
        (Rejected("21211"), S.FAILED, 1, None),
        (Throttled("429", retry_after=7), S.PLANNED, 0, 7),
        (Unavailable("connect"), S.PLANNED, 1, 1),
        (Unavailable("401", credentials=True), S.PLANNED, 1, CREDENTIALS_WAIT_S),
        (Uncertain("timeout"), S.AMBIGUOUS, 1, SETTLE_S),
    ],
)
def test_each_error_of_a_channel_decides_what_follows(scene, answer, status, attempts, wait_s):
    register(scene.database, *runners(1))
    scene.trigger()
    scene.answer(answer)

    scene.drain()

    [row] = scene.deliveries()
    due_at = None if wait_s is None else scene.clock.now + timedelta(seconds=wait_s)
    assert (status, attempts, due_at) == (row.status, row.attempt, row.due_at)
    assert answer.code == row.error_code
    assert (None, None) == (row.claim_id, row.accepted_at)
    assert 1 == len(scene.sms.taken)


def test_what_a_channel_may_not_raise_counts_as_perhaps_sent(scene):
    class Broken(ChannelError):
        pass

    register(scene.database, *runners(2))
    scene.trigger()
    scene.answer(Broken("odd"), RuntimeError("a bug"))

    scene.drain()

    assert {(S.AMBIGUOUS, "odd"), (S.AMBIGUOUS, "channel_error")} == {
        (row.status, row.error_code) for row in scene.deliveries()
    }


def test_a_retry_happens_when_it_is_due_and_not_before(scene):
    register(scene.database, *runners(3))
    scene.trigger()
    scene.answer(None, Unavailable("connect"), None)
    scene.drain()

    scene.drain()
    before = [S.ACCEPTED, S.PLANNED, S.ACCEPTED] == scene.statuses()
    scene.make_due()
    scene.drain()

    assert before
    assert [S.ACCEPTED] * 3 == scene.statuses()
    assert [1, 2, 1] == [row.attempt for row in scene.deliveries()]
    assert 4 == len(scene.sms.taken)
    assert 3 == len(scene.sms.accepted)


def test_waits_grow_with_every_failed_attempt(scene):
    register(scene.database, *runners(1))
    scene.trigger()
    scene.answer(*[Unavailable("connect")] * 4)
    waits = []

    for _ in range(4):
        scene.make_due()
        scene.drain()
        [row] = scene.deliveries()
        waits.append((row.due_at - scene.clock.now).total_seconds())

    assert [1, 2, 4, 8] == waits


def test_being_too_fast_is_not_an_attempt(scene):
    register(scene.database, *runners(1))
    scene.trigger()
    scene.answer(*[Throttled("429", retry_after=0.5)] * 3)

    for _ in range(4):
        scene.make_due()
        scene.drain()

    [row] = scene.deliveries()
    assert (S.ACCEPTED, 1, 4) == (row.status, row.attempt, row.fence)


def test_an_opted_out_address_is_remembered_and_later_notices_skip_it(scene):
    register(scene.database, *runners(2))
    first = scene.trigger()
    scene.answer(Rejected("21610", opted_out=True))
    scene.drain()

    scene.revise(first.incident_id, NoticeKind.UPDATE)
    scene.drain()

    with scene.database.read() as connection:
        suppressed = connection.execute(select(SuppressionRow.__table__)).all()
    assert [("sms", phone(0), "opted_out")] == [row[:3] for row in suppressed]
    assert 1 == [message.address for message in scene.sms.taken].count(phone(0))


def test_an_opt_out_between_planning_and_sending_is_heeded(scene):
    register(scene.database, *runners(3))
    scene.trigger()
    suppress_sms(scene, phone(1))

    scene.drain()

    assert [S.ACCEPTED, S.SUPPRESSED, S.ACCEPTED] == scene.statuses()
    assert [phone(0), phone(2)] == [message.address for message in scene.sms.taken]


def test_a_lane_of_nobody_but_opted_out_people_ends(scene):
    register(scene.database, *runners(3))
    scene.trigger()
    for number in range(3):
        suppress_sms(scene, phone(number))

    drained = scene.drain()

    assert (0, False) == (drained.claimed, drained.more)
    assert [S.SUPPRESSED] * 3 == scene.statuses()


def suppress_sms(scene, address):
    with scene.database.write() as connection:
        suppress(
            connection, channel=Channel.SMS, address=address, reason="opted_out", at=scene.clock.now
        )


def test_a_dead_push_token_is_dropped(scene):
    register(scene.database, Runner(tokens=("dead", "live")))
    scene.trigger()
    scene.answer(Rejected("UNREGISTERED", address_dead=True), channel=Channel.PUSH)

    scene.drain(Channel.PUSH)

    with scene.database.read() as connection:
        tokens = list(connection.execute(select(PushTokenRow.token)).scalars())
    assert ["live"] == tokens
    assert [S.FAILED, S.ACCEPTED] == scene.statuses()


def test_one_row_that_cannot_be_rendered_fails_alone(scene):
    register(scene.database, *runners(3))
    launched = scene.trigger()
    with scene.database.write() as connection:
        connection.execute(
            update(RecipientRow)
            .where(RecipientRow.notice_id == launched.notice_id, RecipientRow.phone == phone(1))
            .values(group_id="nobody knows")
        )

    scene.drain()

    assert [S.ACCEPTED, S.FAILED, S.ACCEPTED] == scene.statuses()
    assert "unrenderable" == scene.deliveries()[1].error_code


def test_the_soonest_wave_hears_first(scene):
    register(
        scene.database,
        Runner(phone=phone(1), wave="B"),
        Runner(phone=phone(2), wave="?"),
        Runner(phone=phone(3), wave="A"),
        Runner(phone=phone(4), wave="C"),
    )
    scene.trigger()

    scene.drain()

    order = [message.address for message in scene.sms.taken]
    assert [phone(4), phone(3), phone(1), phone(2)] == order


def test_the_delivery_and_its_attempt_go_out_with_the_message(scene):
    register(scene.database, *runners(1))
    launched = scene.trigger()
    scene.answer(Unavailable("connect"))
    scene.drain()
    scene.make_due()

    scene.drain()

    [row] = scene.deliveries()
    sent = [(message.delivery, message.attempt) for message in scene.sms.taken]
    assert [
        (f"{launched.incident_id}-{row.id}", 1),
        (f"{launched.incident_id}-{row.id}", 2),
    ] == sent
    message = scene.sms.taken[0]
    assert f"http://race.example/i/{launched.incident_id}" == message.link
    assert scene.notice(launched.notice_id).expires_at == message.expires_at


def test_every_channel_opened_is_closed(scene):
    register(scene.database, *runners(2))
    scene.trigger()

    scene.drain()
    scene.drain()

    assert [(Channel.SMS, False)] == scene.opened
    assert 1 == scene.sms.closed
