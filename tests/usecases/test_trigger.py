"""Triggering: one transaction, one notice per intention, exactly what was confirmed, or nothing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from notify.bootstrap import utc_now
from notify.domain.delivery import Channel
from notify.domain.notice import NoticeKind
from notify.store.deliveries import NoticeRow
from notify.store.incidents import AuditRow, IncidentRow
from notify.store.races import RegistrantRow
from notify.usecases.errors import (
    AlreadyActive,
    Changed,
    FactsRefused,
    NobodyAffected,
    NotAllowed,
    Unknown,
)
from notify.usecases.preview import preview
from tests.usecases.scene import Runner, a_race, a_request, phone, register, runners, write_race
from tests.usecases.together import all_at_once
from tests.usecases.written import family, sizes


def test_one_transaction_writes_everything(scene):
    family(scene)

    launched = scene.trigger(break_glass="nobody else awake")

    assert {Channel.SMS: 2, Channel.PUSH: 1, Channel.EMAIL: 1} == launched.deliveries
    assert {
        "race": 1,
        "registrant": 3,
        "push_token": 1,
        "incident": 1,
        "revision": 1,
        "notice": 1,
        "audit": 1,
        "shown": 12,
        "recipient": 3,
        "lane": 3,
        "delivery": 4,
        "shared_delivery": 1,
    } == sizes(scene)
    with scene.database.read() as connection:
        audit = connection.execute(select(AuditRow.__table__)).one()
    assert ("tester", "notice.alert") == (audit.actor, audit.action)
    assert "nobody else awake" == audit.detail["break_glass"]


def test_a_double_click_from_twenty_threads_is_one_notice(scene):
    register(scene.database, *runners(20))
    request = a_request()

    results = all_at_once([lambda: scene.trigger(**vars_of(request))] * 20)

    assert 1 == len({launched.notice_id for launched in results})
    assert Counter({True: 19, False: 1}) == Counter(launched.repeated for launched in results)
    assert [{Channel.SMS: 20}] * 20 == [launched.deliveries for launched in results]
    assert (1, 1, 20) == tuple(sizes(scene)[name] for name in ("incident", "notice", "delivery"))


def vars_of(request):
    return {name: getattr(request, name) for name in request.__slots__}


def test_two_organisers_start_one_incident_and_the_other_learns_which(scene):
    register(scene.database, *runners(5))

    results = all_at_once([scene.trigger, scene.trigger, scene.trigger])

    [launched] = [result for result in results if not isinstance(result, Exception)]
    refused = [result for result in results if isinstance(result, AlreadyActive)]
    assert 2 == len(refused)
    assert {launched.incident_id} == {error.incident for error in refused}
    assert 1 == sizes(scene)["incident"]


def test_a_drill_and_the_real_thing_may_run_at_once_but_not_two_drills(scene):
    register(scene.database, *runners(2))

    scene.trigger(drill=True)
    live = scene.trigger()
    with pytest.raises(AlreadyActive):
        scene.trigger(drill=True)

    assert not scene.notice(live.notice_id).drill
    assert 2 == sizes(scene)["incident"]


def test_the_same_playbook_may_run_on_two_races(scene):
    write_race(scene.database, a_race(id="other"))
    register(scene.database, *runners(1))
    register(scene.database, *runners(1), race_id="other")

    first, second = scene.trigger(), scene.trigger(race_id="other")

    assert first.incident_id != second.incident_id


def test_what_was_previewed_can_be_confirmed(scene):
    family(scene)
    request = a_request()
    seen = preview(request, services=scene.services)

    launched = scene.trigger(
        **{**vars_of(request), "issued_at": seen.issued_at}, seen=seen.fingerprint
    )

    assert seen.incident_id == launched.incident_id
    assert seen.fingerprint == scene.notice(launched.notice_id).fingerprint
    planned = {forecast.channel: forecast.messages for forecast in seen.channels}
    assert planned == launched.deliveries


def more_people(scene):
    register(scene.database, Runner(phone=phone(77)))


def other_phone(scene):
    with scene.database.write() as connection:
        row = update(RegistrantRow).where(RegistrantRow.phone == phone(2))
        connection.execute(row.values(phone=phone(78)))


def other_language(scene):
    with scene.database.write() as connection:
        connection.execute(update(RegistrantRow).values(language="zh-CN"))


@pytest.mark.parametrize("change", [more_people, other_phone, other_language])
def test_an_audience_changed_since_the_preview_is_refused(scene, change):
    family(scene)
    request = a_request()
    seen = preview(request, services=scene.services)
    change(scene)
    before = sizes(scene)

    with pytest.raises(Changed):
        scene.trigger(**{**vars_of(request), "issued_at": seen.issued_at}, seen=seen.fingerprint)

    assert before == sizes(scene)


@pytest.mark.parametrize(
    "other",
    [
        {"typed": {"decision": "open"}},
        {"typed": {"note": "by order"}},
        {"kind": NoticeKind.HOLDING},
        {"drill": True},
        {"issued_at": datetime.fromisoformat("2026-12-01T00:00+00:00")},
    ],
)
def test_facts_or_wording_other_than_previewed_are_refused(scene, other):
    family(scene)
    request = a_request()
    seen = preview(request, services=scene.services)
    before = sizes(scene)
    same = {**vars_of(request), "issued_at": seen.issued_at}
    changed = {**same, **other, "typed": {**same["typed"], **other.get("typed", {})}}

    with pytest.raises(Changed):
        scene.trigger(**changed, seen=seen.fingerprint)

    assert before == sizes(scene)


@pytest.mark.parametrize(
    ("people", "typed"),
    [
        ([], {}),
        ([Runner(phone=None)], {}),
        ([Runner(phone=phone(1), status="cancelled")], {}),
        ([Runner(phone=phone(1), finished_at=utc_now())], {}),
        ([Runner(phone=phone(1), wave="A")], {"waves": ["B"]}),
    ],
)
def test_an_empty_audience_is_refused(scene, people, typed):
    register(scene.database, *people)
    before = sizes(scene)

    for attempt in (lambda: scene.trigger(typed=typed), lambda: look(scene, typed)):
        with pytest.raises(NobodyAffected):
            attempt()

    assert before == sizes(scene)


def look(scene, typed):
    return preview(a_request(typed=typed), services=scene.services)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"race_id": "nowhere"}, Unknown, "no race called 'nowhere'; there is lake-2026"),
        ({"playbook_id": "none"}, Unknown, "no playbook called 'none'; there is closure"),
        ({"typed": {"decision": "maybe"}}, FactsRefused, "decision: 'maybe' is not a choice"),
        ({"typed": {"wind": "9"}}, FactsRefused, "wind: not a fact of closure"),
        ({"typed": {"decision": ""}}, FactsRefused, "decision: required"),
        ({"kind": NoticeKind.REMINDER}, NotAllowed, "closure has no reminder notice"),
        ({"kind": NoticeKind.UPDATE}, NotAllowed, "follow"),
    ],
)
def test_a_wrong_request_writes_nothing(scene, wrong, error, said):
    family(scene)
    before = sizes(scene)

    with pytest.raises(error, match=said):
        scene.trigger(**wrong)

    assert before == sizes(scene)


def test_the_notice_expires_as_the_playbook_says_and_remembers_the_promise(scene):
    register(scene.database, *runners(1))

    launched = scene.trigger()

    notice = scene.notice(launched.notice_id)
    assert notice.created_at + timedelta(hours=12) == notice.expires_at
    with scene.database.read() as connection:
        promised = connection.execute(select(IncidentRow.promised_at)).scalar_one()
    assert datetime.fromisoformat("2026-12-06T05:00+08:00") == promised


def test_after_the_commit_the_gate_opens_and_the_channels_of_the_notice_are_rung(scene):
    register(scene.database, *runners(1))

    launched = scene.trigger()

    assert launched.published_at is not None
    assert [Channel.SMS] == scene.bell.rung
    assert ["incidents"] == scene.bell.announced
    with scene.database.read() as connection:
        assert 1 == connection.execute(select(func.count(NoticeRow.published_at))).scalar_one()
