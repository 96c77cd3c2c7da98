"""Revising while others revise, and while workers send."""

from __future__ import annotations

from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.notice import NoticeKind
from notify.store.claims import Lease, claim
from notify.usecases.errors import Changed
from notify.usecases.shown import shown
from tests.usecases.following import look, told
from tests.usecases.scene import phone, register, runners
from tests.usecases.together import InThread, all_at_once, wait_for_waiters

S = DeliveryStatus
K = NoticeKind


def test_of_revisions_confirmed_at_the_same_time_one_is_written(scene):
    register(scene.database, *runners(3))
    code = scene.trigger().incident_id
    seen = look(scene, code, K.UPDATE)
    confirmed = {"seen": seen.fingerprint, "issued_at": seen.issued_at}

    results = all_at_once([lambda: scene.revise(code, K.UPDATE, **confirmed)] * 4)

    written = [result.revision for result in results if not isinstance(result, Exception)]
    refused = [type(result) for result in results if isinstance(result, Exception)]
    assert [2] == written
    assert [Changed] * 3 == refused
    assert 2 == shown(code, services=scene.services).revision


def test_revisions_that_nobody_previewed_follow_one_another(scene):
    register(scene.database, *runners(3))
    code = scene.trigger().incident_id

    results = all_at_once([lambda: scene.revise(code, K.UPDATE)] * 4)

    assert [2, 3, 4, 5] == sorted(result.revision for result in results)
    assert 5 == shown(code, services=scene.services).revision
    assert 3 == scene.statuses().count(S.PLANNED)


def test_a_correction_previewed_while_messages_leave_can_be_confirmed(scene):
    """Those told only become more; asking again and again would let the wrong news stand."""
    ids = register(scene.database, *runners(4))
    first = scene.trigger()
    rows = scene.deliveries()
    scene.set_status(rows[0].id, S.ACCEPTED)
    seen = look(scene, first.incident_id, K.CORRECTION)
    scene.set_status(rows[1].id, S.SENDING)

    launched = scene.revise(
        first.incident_id, K.CORRECTION, seen=seen.fingerprint, issued_at=seen.issued_at
    )

    assert 1 == seen.people
    assert ids[:2] == told(scene, launched.notice_id)


def test_a_correction_gets_through_while_workers_are_sending(scene):
    """Its transaction must survive rows that change under it, and lose nobody who was told."""
    size = 900
    ids = register(scene.database, *runners(size))
    first = scene.trigger()

    sending = InThread(scene.drain)
    corrected = scene.revise(first.incident_id, K.CORRECTION, typed={"decision": "open"})
    sending.result()
    scene.drain()

    got = {message.address for message in scene.sms.taken if "alert" in message.texts["sms"]}
    wanted = [ids[number] for number in range(size) if phone(number) in got]
    assert wanted == told(scene, corrected.notice_id)
    corrections = [m.address for m in scene.sms.taken if "correction" in m.texts["sms"]]
    assert got == set(corrections)
    assert len(got) == len(corrections)


def test_a_correction_waits_for_a_claim_and_tells_whom_it_took(postgres_scene):
    scene = postgres_scene
    ids = register(scene.database, *runners(4))
    first = scene.trigger()

    with scene.database.write() as connection:
        claimed = claim(connection, channel=Channel.SMS, limit=2, lease=Lease("worker", 15))
        correction = InThread(lambda: scene.revise(first.incident_id, K.CORRECTION))
        wait_for_waiters(scene.database)

    launched = correction.result()
    assert claimed is not None
    assert launched is not None
    assert 2 == len(claimed.rows)
    assert ids[:2] == told(scene, launched.notice_id)
    assert [S.SENDING, S.SENDING, S.CANCELLED, S.CANCELLED] == scene.statuses(first.notice_id)
