"""Following an incident: who gets the next notice, and that everything shows its revision."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from notify.domain.delivery import DeliveryStatus
from notify.domain.incident import IncidentStatus
from notify.domain.notice import NoticeKind, Surface
from notify.store.incidents import RevisionRow
from notify.usecases.errors import Changed, FactsRefused, NotAllowed, Unknown
from notify.usecases.revise import Revise, revise
from notify.usecases.shown import all_shown, shown
from notify.usecases.status import status
from tests.usecases.following import look, told
from tests.usecases.scene import Runner, phone, register, runners

S = DeliveryStatus
K = NoticeKind


def facts_of(scene, incident_id, number):
    query = select(RevisionRow.facts).where(
        RevisionRow.incident_id == incident_id, RevisionRow.number == number
    )
    with scene.database.read() as connection:
        return connection.execute(query).scalar_one()


@pytest.fixture
def everyone(scene):
    """Write one person per way a delivery can stand, trigger, and return ids by status."""
    statuses = list(S)
    ids = register(scene.database, *runners(len(statuses)))
    launched = scene.trigger()
    for row, state in zip(scene.deliveries(), statuses, strict=True):
        scene.set_status(row.id, state)
    return launched, dict(zip(statuses, ids, strict=True))


PERHAPS = (S.SENDING, S.AMBIGUOUS, S.ACCEPTED, S.SENT, S.DELIVERED, S.UNDELIVERED)


@pytest.mark.parametrize("kind", [K.CORRECTION, K.ALL_CLEAR])
def test_a_correction_goes_to_exactly_those_who_have_or_may_have_the_wrong_one(
    scene, everyone, kind
):
    launched, ids = everyone
    register(scene.database, Runner(phone=phone(99)))

    following = scene.revise(launched.incident_id, kind)

    assert [ids[state] for state in PERHAPS] == told(scene, following.notice_id)
    left_out = status(launched.incident_id, services=scene.services).left_out
    assert {"not_told_before": len(S) - len(PERHAPS) + 1} == left_out


def test_an_update_goes_to_those_affected_now_and_those_told_before(scene):
    ids = register(
        scene.database,
        Runner(phone=phone(1), course="full"),
        Runner(phone=phone(2), course="half"),
        Runner(phone=phone(3), course="full"),
    )
    first = scene.trigger(typed={"courses": ["full"]})
    scene.drain()

    second = scene.revise(first.incident_id, K.UPDATE, typed={"courses": ["half"]})

    assert [ids[0], ids[2]] == told(scene, first.notice_id)
    assert ids == told(scene, second.notice_id)


def test_everybody_on_a_shared_phone_is_told_of_the_correction(scene):
    """Only one of the family's rows has the delivery; the others are credited."""
    family = register(scene.database, *[Runner(phone=phone(1))] * 3)
    first = scene.trigger()
    scene.drain()

    second = scene.revise(first.incident_id, K.CORRECTION)
    scene.drain()

    assert family == told(scene, second.notice_id)
    assert [S.ACCEPTED] == scene.statuses(second.notice_id)
    assert 3 == status(first.incident_id, services=scene.services).reached


def test_a_correction_reaches_who_was_told_by_any_earlier_notice(scene):
    early = register(scene.database, Runner(phone=phone(1), course="full"))
    first = scene.trigger(typed={"courses": ["full"]})
    scene.drain()
    late = register(scene.database, Runner(phone=phone(2), course="half"))
    scene.revise(first.incident_id, K.UPDATE, typed={"courses": ["half"]})
    scene.drain()

    third = scene.revise(first.incident_id, K.CORRECTION, typed={"courses": ""})

    assert early + late == told(scene, third.notice_id)


def test_facts_merge_and_an_empty_text_takes_an_optional_one_back(scene):
    register(scene.database, *runners(1))
    first = scene.trigger(typed={"note": "by order", "courses": ["full"]})
    code = first.incident_id

    scene.revise(code, K.UPDATE, typed={"decision": "open"})
    scene.revise(code, K.UPDATE, typed={"note": ""})

    assert ["closed", "open", "open"] == [
        facts_of(scene, code, number)["decision"] for number in (1, 2, 3)
    ]
    assert "by order" == facts_of(scene, code, 2)["note"]
    assert "note" not in facts_of(scene, code, 3)
    assert ["full"] == facts_of(scene, code, 3)["courses"]


def test_every_surface_shows_the_revision_of_the_notice(scene):
    register(scene.database, *runners(1))
    code = scene.trigger().incident_id

    for number, kind in ((2, K.UPDATE), (3, K.CORRECTION), (4, K.ALL_CLEAR)):
        scene.drain()
        launched = scene.revise(code, kind)
        now = shown(code, services=scene.services)

        assert (number, number, kind) == (launched.revision, now.revision, now.kind)
        assert number == status(code, services=scene.services).revision
        assert {f"r{number}"} == {
            now.texts[language][surface].rstrip("</p>\n").split()[-1].removeprefix("<p>")
            for language in ("en", "zh-CN")
            for surface in (Surface.FAQ_ANSWER, Surface.BANNER, Surface.PAGE)
        }
        assert now.published


def test_an_all_clear_resolves_and_nothing_follows_it(scene):
    register(scene.database, *runners(1))
    code = scene.trigger().incident_id
    scene.drain()

    scene.revise(code, K.ALL_CLEAR)

    now = shown(code, services=scene.services)
    assert (IncidentStatus.RESOLVED, None) == (now.status, now.promised_at)
    assert scene.clock.now == now.resolved_at
    assert () == all_shown(services=scene.services, active_only=True)
    with pytest.raises(NotAllowed, match="is resolved"):
        scene.revise(code, K.UPDATE)
    assert code != scene.trigger().incident_id


@pytest.mark.parametrize("kind", [K.CORRECTION, K.ALL_CLEAR])
def test_an_incident_that_told_nobody_can_still_be_taken_back(scene, kind):
    """Everything failed, or it was stopped in time: page, FAQ and banner must change all the same,
    and the incident must not stay active for ever."""
    register(scene.database, *runners(2))
    first = scene.trigger()

    following = scene.revise(first.incident_id, kind)
    scene.drain()

    assert {} == following.deliveries
    assert [S.CANCELLED] * 2 == scene.statuses(first.notice_id)
    now = shown(first.incident_id, services=scene.services)
    assert (2, kind, True) == (now.revision, now.kind, now.published)
    assert (kind is not K.ALL_CLEAR) == now.active
    assert 0 == status(first.incident_id, services=scene.services).people


def test_what_has_not_left_of_earlier_notices_is_withdrawn(scene):
    register(scene.database, *runners(4))
    first = scene.trigger()
    rows = scene.deliveries()
    scene.set_status(rows[0].id, S.ACCEPTED)
    scene.set_status(rows[1].id, S.SENDING)

    second = scene.revise(first.incident_id, K.UPDATE)
    scene.drain()

    withdrawn = [S.ACCEPTED, S.SENDING, S.CANCELLED, S.CANCELLED]
    assert withdrawn == scene.statuses(first.notice_id)
    assert [S.ACCEPTED] * 4 == scene.statuses(second.notice_id)
    assert all("update" in message.texts["sms"] for message in scene.sms.taken)


def test_a_repeated_request_is_the_same_notice(scene):
    register(scene.database, *runners(1))
    code = scene.trigger().incident_id

    once = scene.revise(code, K.UPDATE, request_id="twice")
    again = scene.revise(code, K.UPDATE, request_id="twice")

    assert (once.notice_id, 2, True) == (again.notice_id, again.revision, again.repeated)


def test_a_confirmed_revision_must_be_the_one_previewed(scene):
    register(scene.database, *runners(2))
    first = scene.trigger()
    seen = look(scene, first.incident_id, K.UPDATE)

    with pytest.raises(Changed):
        scene.revise(
            first.incident_id,
            K.UPDATE,
            typed={"decision": "open"},
            seen=seen.fingerprint,
            issued_at=seen.issued_at,
        )
    right = Revise(
        first.incident_id, K.UPDATE, {}, "follow", "tester", seen.fingerprint, seen.issued_at
    )

    assert [S.PLANNED] * 2 == scene.statuses(first.notice_id)
    assert 2 == revise(right, services=scene.services).revision


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"incident_id": "nothere"}, Unknown, "no incident called 'nothere'"),
        ({"kind": K.ALERT}, NotAllowed, "starts an incident"),
        ({"typed": {"decision": "?"}}, FactsRefused, "decision"),
    ],
)
def test_a_wrong_revision_writes_nothing(scene, change, error, said):
    register(scene.database, *runners(2))
    first = scene.trigger()
    fields = {"incident_id": first.incident_id, "kind": K.UPDATE, **change}

    with pytest.raises(error, match=said):
        scene.revise(**fields)

    assert [S.PLANNED] * 2 == scene.statuses()
    assert 1 == shown(first.incident_id, services=scene.services).revision
