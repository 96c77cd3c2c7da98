"""Stopping and resuming: nothing leaves after a stop, and a resume sends exactly the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.notice import NoticeKind
from notify.ports import Accepted, Outgoing, Unavailable
from notify.store.claims import Lease, claim
from notify.store.incidents import AuditRow
from notify.usecases.deliver import WINDOW
from notify.usecases.errors import Unknown
from notify.usecases.hold import Held, hold, release
from tests.fakes.channel import FakeChannel
from tests.usecases.scene import phone, register, runners
from tests.usecases.together import InThread, wait_for_waiters

S = DeliveryStatus


class Interrupting(FakeChannel):
    """A fake in whose nth call something else happens."""

    def __init__(self, name: Channel, nth: int, deed: Callable[[], object]) -> None:
        super().__init__(name)
        self._nth, self._deed = nth, deed

    async def send(self, message: Outgoing) -> Accepted:
        if len(self.taken) + 1 == self._nth:
            self._deed()
        return await super().send(message)


def test_a_stop_in_mid_send_keeps_the_rest_and_a_resume_sends_exactly_that(scene):
    size = 3 * WINDOW
    register(scene.database, *runners(size))
    incident = scene.trigger().incident_id
    fake = Interrupting(
        Channel.SMS, 10, lambda: hold(incident, actor="me", services=scene.services)
    )
    scene.channels[Channel.SMS] = fake

    scene.drain()
    at_stop = Counter(scene.statuses())
    scene.drain()
    later = Counter(scene.statuses())
    release(incident, actor="me", services=scene.services)
    scene.drain()

    assert at_stop == later
    assert {S.ACCEPTED, S.PLANNED} == set(at_stop)
    assert {S.ACCEPTED: size} == Counter(scene.statuses())
    assert {phone(number): 1 for number in range(size)} == Counter(
        message.address for message in fake.taken
    )


def test_the_answer_to_a_stop_counts_sent_on_their_way_and_held(scene):
    register(scene.database, *runners(6))
    incident = scene.trigger().incident_id
    rows = scene.deliveries()
    for row, status in zip(rows, (S.ACCEPTED, S.DELIVERED, S.SENDING, S.AMBIGUOUS), strict=False):
        scene.set_status(row.id, status)

    first = hold(incident, actor="me", services=scene.services)
    second = hold(incident, actor="me", services=scene.services)

    assert Held(incident, sent=2, in_flight=2, held=2, changed=True) == first
    assert Held(incident, sent=2, in_flight=2, held=2, changed=False) == second


def test_stopping_and_resuming_are_written_down_once_each(scene):
    register(scene.database, *runners(1))
    incident = scene.trigger().incident_id

    for deed in (hold, hold, release, release):
        deed(incident, actor="me", services=scene.services)

    with scene.database.read() as connection:
        actions = connection.execute(
            select(AuditRow.action, AuditRow.actor).order_by(AuditRow.id)
        ).all()
    wanted = [("notice.alert", "tester"), ("incident.stopped", "me"), ("incident.resumed", "me")]
    assert wanted == [tuple(row) for row in actions]


@pytest.mark.parametrize("deed", [hold, release])
def test_an_unknown_incident_cannot_be_stopped_or_resumed(scene, deed):
    with pytest.raises(Unknown, match="no incident called 'nothere'"):
        deed("nothere", actor="me", services=scene.services)


def test_a_resume_rings_and_both_are_announced(scene):
    register(scene.database, *runners(1))
    incident = scene.trigger().incident_id
    scene.bell.rung.clear()
    scene.bell.announced.clear()

    hold(incident, actor="me", services=scene.services)
    rung_by_stop = list(scene.bell.rung)
    release(incident, actor="me", services=scene.services)

    assert [] == rung_by_stop
    assert list(Channel) == scene.bell.rung
    assert ["incidents", "incidents"] == scene.bell.announced


def test_retries_wait_too_while_an_incident_is_stopped(scene):
    register(scene.database, *runners(2))
    incident = scene.trigger().incident_id
    scene.answer(None, Unavailable("connect"))
    scene.drain()
    hold(incident, actor="me", services=scene.services)
    scene.make_due()

    held_back = scene.drain()
    release(incident, actor="me", services=scene.services)
    scene.drain()

    assert 0 == held_back.claimed
    assert [S.ACCEPTED, S.ACCEPTED] == scene.statuses()
    assert 2 == len(scene.sms.accepted)


def test_another_incident_goes_on_while_one_is_stopped(scene):
    register(scene.database, *runners(2))
    stopped = scene.trigger()
    drill = scene.trigger(drill=True)
    hold(stopped.incident_id, actor="me", services=scene.services)

    scene.drain()

    assert [S.PLANNED, S.PLANNED] == scene.statuses(stopped.notice_id)
    assert [S.ACCEPTED, S.ACCEPTED] == scene.statuses(drill.notice_id)


def test_a_correction_leaves_although_the_incident_was_stopped(scene):
    """Who presses stop because the notice is wrong wants the right one to go out."""
    register(scene.database, *runners(3))
    wrong = scene.trigger()
    scene.answer(None, Unavailable("connect"), Unavailable("connect"))
    scene.drain()
    hold(wrong.incident_id, actor="me", services=scene.services)

    right = scene.revise(wrong.incident_id, NoticeKind.CORRECTION, typed={"decision": "open"})
    scene.make_due()
    scene.drain()
    release(wrong.incident_id, actor="me", services=scene.services)
    scene.drain()

    assert [S.ACCEPTED, S.CANCELLED, S.CANCELLED] == scene.statuses(wrong.notice_id)
    assert [S.ACCEPTED] == scene.statuses(right.notice_id)


def test_a_claim_that_waited_for_a_stop_takes_nothing(postgres_scene):
    """Two workers want one lane; while the second waits for the first, the organiser stops."""
    scene = postgres_scene
    register(scene.database, *runners(5))
    incident = scene.trigger().incident_id
    lease = Lease("late", 15)

    with scene.database.write() as first:
        assert claim(first, channel=Channel.SMS, limit=2, lease=Lease("early", 15))
        late = InThread(lambda: claim_alone(scene, lease))
        wait_for_waiters(scene.database)
        hold(incident, actor="me", services=scene.services)

    assert late.result() is None
    assert Counter({S.SENDING: 2, S.PLANNED: 3}) == Counter(scene.statuses())


def claim_alone(scene, lease):
    with scene.database.write() as connection:
        return claim(connection, channel=Channel.SMS, limit=2, lease=lease)
