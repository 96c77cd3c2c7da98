"""Incidents over the API: what it answers is what it describes, and nothing happens twice."""

from __future__ import annotations

import pytest
from marshmallow import RAISE
from sqlalchemy import func, select

from notify.store.deliveries import DeliveryRow
from notify.store.incidents import IncidentRow
from notify.web.api import schemas
from tests.rows import add_race
from tests.usecases.scene import FACTS, PLAYBOOK, RACE_ID
from tests.web.each_database import ON_EACH_DATABASE

START = {"playbook": PLAYBOOK, "race": RACE_ID, "facts": FACTS}


def _fits(schema, answer, status: int = 200):
    """Return the answer's JSON, which must hold exactly what ``schema`` describes."""
    assert status == answer.status_code, answer.text
    document = answer.json
    schema(unknown=RAISE).load(document)
    assert set(schema().fields) == set(document)
    return document


def _refused(answer, status: int):
    assert status == answer.status_code, answer.text
    assert {"code", "message", "errors"} == set(answer.json)
    assert status == answer.json["code"]
    assert answer.json["message"]
    return answer.json


def _count(scene, table):
    with scene.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@ON_EACH_DATABASE
def test_what_is_previewed_can_be_confirmed_and_is_then_shown_everywhere(organiser, anybody, scene):
    preview = _fits(schemas.PreviewAnswer, organiser.post("/preview", START))
    assert 0 == _count(scene, IncidentRow)

    confirmed = START | {name: preview[name] for name in ("fingerprint", "issued_at")}
    launched = _fits(schemas.LaunchedAnswer, organiser.post("/incidents", confirmed), 201)

    assert preview["incident"] == launched["incident"]
    assert (3, {"sms": 3}) == (preview["people"], launched["deliveries"])
    assert launched["published_at"]
    active = _fits(schemas.ActiveAnswer, anybody.get("/incidents/active"))
    assert [launched["incident"]] == [each["incident"] for each in active["incidents"]]
    entries = _fits(schemas.FaqAnswer, anybody.get("/faq"))["entries"]
    assert {("en", 1), ("zh-CN", 1)} == {(each["language"], each["revision"]) for each in entries}
    page = anybody.client.get(f"/i/{launched['incident']}")
    assert active["incidents"][0]["banner"]["en"] in page.text


@ON_EACH_DATABASE
def test_the_same_request_twice_starts_one_incident(organiser, scene):
    first = organiser.post("/incidents", START)

    again = organiser.post("/incidents", START)

    assert (201, 200) == (first.status_code, again.status_code)
    assert again.json["repeated"]
    assert first.json["notice"] == again.json["notice"]
    assert (1, 3) == (_count(scene, IncidentRow), _count(scene, DeliveryRow))


@pytest.mark.parametrize(
    "other", [{"drill": True}, {"kind": "holding"}, {"fingerprint": "of something else"}]
)
def test_an_id_used_for_something_else_is_refused(organiser, scene, other):
    organiser.post("/incidents", START)

    refused = _refused(organiser.post("/incidents", START | other), 409)

    assert "nothing was sent now" in refused["message"]
    assert 1 == _count(scene, IncidentRow)


def test_an_update_with_the_id_of_the_start_is_refused_not_swallowed(organiser):
    code = organiser.post("/incidents", START).json["incident"]

    refused = organiser.post(f"/incidents/{code}/revisions", {"kind": "update"})

    assert "nothing was sent now" in _refused(refused, 409)["message"]


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_no_notice_bears_a_time_that_is_not_now(organiser, moment):
    launched = organiser.post("/incidents", START | {"issued_at": moment}).json

    texts = organiser.client.get(f"/i/{launched['incident']}").text

    assert moment[:4] not in texts
    preview = organiser.post("/preview", START, key="intention-2").json
    confirmed = START | {"issued_at": moment, "fingerprint": preview["fingerprint"]}
    assert moment[:4] != preview["issued_at"][:4]
    assert organiser.post("/incidents", confirmed, key="intention-2").status_code == 409


@pytest.mark.parametrize("body", ["[" * 50_000, '{"race": 1' + "0" * 5000 + "}"])
def test_json_that_python_cannot_hold_is_a_bad_request(organiser, body):
    headers = {"X-CSRFToken": organiser.token, "Idempotency-Key": "intention-1"}

    answer = organiser.client.post(
        "/api/v1/preview", data=body, headers=headers, content_type="application/json"
    )

    _refused(answer, 400)


def test_a_second_incident_of_the_playbook_is_refused_and_named(organiser):
    first = organiser.post("/incidents", START)

    refused = _refused(organiser.post("/incidents", START, key="intention-2"), 409)

    assert {"incident": [first.json["incident"]]} == refused["errors"]


def test_a_changed_fingerprint_sends_nothing(organiser, scene):
    answer = organiser.post("/incidents", START | {"fingerprint": "0" * 64})

    _refused(answer, 409)
    assert 0 == _count(scene, IncidentRow)


@ON_EACH_DATABASE
def test_an_update_and_the_all_clear_follow(organiser, anybody, scene):
    code = organiser.post("/incidents", START).json["incident"]
    update = {"kind": "update", "facts": {"note": "north gate"}}
    before = _fits(
        schemas.PreviewAnswer, organiser.post(f"/incidents/{code}/preview", update, key="update-1")
    )
    update |= {name: before[name] for name in ("fingerprint", "issued_at")}

    updated = organiser.post(f"/incidents/{code}/revisions", update, key="update-1")
    assert 2 == _fits(schemas.LaunchedAnswer, updated, 201)["revision"]
    assert {2} == {each["revision"] for each in anybody.get("/faq").json["entries"]}
    scene.drain()
    cleared = organiser.post(
        f"/incidents/{code}/revisions", {"kind": "all_clear"}, key="all-clear-1"
    )
    assert 3 == _fits(schemas.LaunchedAnswer, cleared, 201)["revision"]
    assert [] == anybody.get("/incidents/active").json["incidents"]
    assert {False} == {each["active"] for each in anybody.get("/faq").json["entries"]}


@ON_EACH_DATABASE
def test_the_status_is_what_the_command_line_prints(organiser, call_as, scene):
    code = organiser.post("/incidents", START).json["incident"]

    status = _fits(schemas.StatusAnswer, call_as("agent").get(f"/incidents/{code}"))

    assert {"sms": {"planned": 3}} == status["deliveries"]


@ON_EACH_DATABASE
def test_stop_and_resume_answer_with_counts(organiser):
    code = organiser.post("/incidents", START).json["incident"]

    stopped = _fits(schemas.HeldAnswer, organiser.post(f"/incidents/{code}/stop"))
    resumed = _fits(schemas.HeldAnswer, organiser.post(f"/incidents/{code}/resume"))

    assert (3, True, True) == (stopped["held"], stopped["changed"], resumed["changed"])


def test_every_wrong_fact_is_named(organiser):
    facts = {"decision": "perhaps", "speed": "12"}

    refused = _refused(organiser.post("/preview", START | {"facts": facts}), 422)

    assert {"decision", "speed"} == set(refused["errors"]["facts"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"playbook": PLAYBOOK}, "race"),
        (START | {"colour": "red"}, "colour"),
        (START | {"kind": "update"}, "kind"),
        (START | {"facts": {"decision": 5}}, "facts"),
        (START | {"facts": {"decision": "x" * 3000}}, "facts"),
        (START | {"drill": "perhaps"}, "drill"),
        (START | {"issued_at": "yesterday"}, "issued_at"),
        ([], "_schema"),
    ],
)
def test_a_wrong_field_is_named(organiser, scene, body, field):
    refused = _refused(organiser.post("/incidents", body), 422)

    assert field in refused["errors"]
    assert 0 == _count(scene, IncidentRow)


@pytest.mark.parametrize("key", ["", "short", "a b c d e f", "x" * 101])
def test_an_intention_needs_an_id(organiser, key):
    refused = _refused(organiser.post("/incidents", START, key=key), 422)

    assert "Idempotency-Key" in refused["errors"]


def test_broken_json_is_refused(organiser):
    headers = {"X-CSRFToken": organiser.token, "Idempotency-Key": "intention-1"}

    answer = organiser.client.post(
        "/api/v1/incidents", data="{", content_type="application/json", headers=headers
    )

    _refused(answer, 400)


@pytest.mark.parametrize("path", ["/incidents/nothing", "/nothing", "/incidents/AB2CD3E"])
def test_what_does_not_exist_is_404(organiser, path):
    _refused(organiser.get(path), 404)


@pytest.mark.parametrize("path", ["/stop", "/resume", "/revisions", "/preview"])
def test_nothing_can_be_done_to_an_unknown_incident(organiser, path):
    _refused(organiser.post(f"/incidents/nothing{path}", {"kind": "update"}), 404)


def test_a_wrong_method_says_which_are_right(anybody):
    answer = anybody.client.delete("/api/v1/incidents/active")

    _refused(answer, 405)


WRITES = [
    ("/preview", START),
    ("/incidents", START),
    ("/incidents/code/preview", {"kind": "update"}),
    ("/incidents/code/revisions", {"kind": "update"}),
    ("/incidents/code/stop", None),
    ("/incidents/code/resume", None),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_who_is_not_signed_in_may_change_nothing(anybody, scene, path, body):
    _refused(anybody.post(path, body), 401)


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_an_agent_may_change_nothing(call_as, path, body):
    _refused(call_as("agent").post(path, body), 403)


def test_a_request_without_the_form_token_changes_nothing(organiser, scene):
    _refused(organiser.post("/incidents", START, **{"X-CSRFToken": "wrong"}), 400)

    assert 0 == _count(scene, IncidentRow)


def test_another_races_organiser_finds_nothing(organiser, call_as, scene):
    code = organiser.post("/incidents", START).json["incident"]
    add_race(scene.database, "another-race")
    other = call_as("organiser", "another-race")

    _refused(other.get(f"/incidents/{code}"), 404)
    _refused(other.post(f"/incidents/{code}/stop"), 404)
    _refused(other.post("/preview", START), 404)


@pytest.mark.parametrize("path", ["/incidents/active", "/faq"])
def test_drills_are_marked_and_can_be_left_out(organiser, anybody, path):
    organiser.post("/incidents", START | {"drill": True})
    name = path.strip("/").replace("incidents/active", "incidents").replace("faq", "entries")

    marked = anybody.get(path).json[name]
    without = anybody.get(f"{path}?drills=false").json[name]

    assert {True} == {each["drill"] for each in marked}
    assert [] == without


@pytest.mark.parametrize("query", ["lang=zh-CN", f"race={RACE_ID}&lang=zh-CN"])
def test_the_faq_can_be_asked_for_one_language_and_race(organiser, anybody, query):
    organiser.post("/incidents", START)

    entries = anybody.get(f"/faq?{query}").json["entries"]

    assert ["zh-CN"] == [each["language"] for each in entries]
    assert [] == anybody.get("/faq?race=another").json["entries"]


def test_a_language_there_is_not_is_refused(anybody):
    assert "lang" in _refused(anybody.get("/faq?lang=tlh"), 422)["errors"]


@ON_EACH_DATABASE
def test_a_character_no_database_takes_is_no_failure_of_ours(organiser):
    assert organiser.get("/incidents/%00").status_code in {404, 422}
    assert organiser.post("/preview", START | {"race": "\0"}).status_code in {404, 422}


def test_other_sites_may_read_what_is_public_without_cookies(anybody):
    for path in ("/incidents/active", "/faq"):
        answer = anybody.get(path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
