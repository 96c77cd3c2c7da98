"""What `notify check`, `preview` and `trigger` say of an installation that is only half there."""

from __future__ import annotations

import json

import pytest

from notify.config import HOME
from notify.queueing.bell import RqBell
from tests.cli.conftest import refused
from tests.usecases.scene import Runner, register
from tests.usecases.small_playbook import write_small_playbook

GOOD = ("closure", "--race", "lake-2026", "--fact", "decision=closed")
NO_SMS = {"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": "", "TWILIO_FROM": ""}


@pytest.fixture
def notify(notify, tmp_path):
    """Give the command with one small playbook: checking the wording of all takes seconds."""
    notify.environment |= write_small_playbook(tmp_path / "small")
    return notify


SHIPPED = {
    "NOTIFY_PLAYBOOKS": str(HOME / "playbooks"),
    "NOTIFY_TEMPLATES": str(HOME / "templates" / "messages"),
}


def checked(notify, **changes):
    """Return the findings of a check by name."""
    result = notify("check", "--json", **changes)
    document = json.loads(result.stdout)
    assert (0 if document["ok"] else 1) == result.exit_code
    return document["ok"], {found["name"]: found for found in document["checks"]}


def test_a_channel_without_credentials_is_off_and_not_failed(notify):
    _ok, found = checked(notify, **NO_SMS)

    assert "off" == found["channel sms"]["state"]
    assert "TWILIO_ACCOUNT_SID" in found["channel sms"]["detail"]
    assert ("ok", "ok") == (found["channel push"]["state"], found["channel email"]["state"])


def test_a_channel_that_cannot_be_opened_has_failed(notify, tmp_path):
    path = tmp_path / "account.json"
    path.write_text('{"private_key": "hush"}', encoding="utf-8")

    ok, found = checked(notify, GOOGLE_APPLICATION_CREDENTIALS=str(path))

    assert not ok
    assert "failed" == found["channel push"]["state"]
    assert f"{path} is not a readable service account" in found["channel push"]["detail"]
    assert "hush" not in str(found)


def test_an_embedded_redis_that_does_not_run_is_not_blamed_on_a_setting(notify):
    _ok, found = checked(notify, NOTIFY_REDIS_URL="")

    assert "the embedded server does not run; start notify up" == found["redis"]["detail"]


def test_without_redis_workers_and_clock_it_is_not_ready(notify):
    ok, found = checked(notify)

    assert not ok
    assert {"redis", "workers", "clock"} == {
        name for name, finding in found.items() if finding["state"] == "failed"
    }


def test_each_channel_without_a_worker_is_named(notify, redis_url):
    ok, found = checked(notify, NOTIFY_REDIS_URL=redis_url)

    assert not ok
    assert "ok" == found["redis"]["state"]
    for channel in ("sms", "push", "email"):
        assert "none alive" in found[f"workers {channel}"]["detail"]


def test_the_wording_of_every_playbook_is_looked_at(notify):
    _ok, found = checked(notify, **SHIPPED)

    names = {name for name in found if name.startswith("wording ")}
    assert 3 <= len(names)
    assert {"ok"} == {found[name]["state"] for name in names}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"NOTIFY_BIND": "x", "NOTIFY_RATE_SMS": "0"}, "settings"),
        ({"NOTIFY_DATABASE_URL": "sqlite:////dev/null/x.db"}, "database"),
        ({"NOTIFY_PLAYBOOKS": "/nowhere"}, "playbooks"),
    ],
)
def test_what_cannot_be_used_is_a_finding_and_not_a_crash(notify, changes, name):
    ok, found = checked(notify, **changes)

    assert not ok
    assert "failed" == found[name]["state"]


def test_a_check_for_people_is_a_table(notify):
    result = notify("check", **NO_SMS)

    assert 1 == result.exit_code
    assert "TWILIO_ACCOUNT_SID" in result.stdout
    assert "Traceback" not in result.output


def test_a_preview_lists_what_is_off_and_writes_nothing(notify, race):
    result = notify("preview", *GOOD, "--json", **NO_SMS)
    register(race, Runner(email="one@example.org"))
    reachable = notify("preview", *GOOD, "--json", **NO_SMS)

    refused(result, 2, "nobody is affected", "no_address")
    document = json.loads(reachable.stdout)
    assert 0 == reachable.exit_code
    assert ["sms"] == list(document["off"])
    assert {"push", "email"} == set(document["channels"])
    assert {"no_address": 3} == document["left_out"]


def test_a_preview_for_people_shows_brackets_as_they_are(notify, race):
    """Names of people and waves are not markup of the terminal."""
    register(race, Runner(phone="+8613123450077", first_name="[red]Ann[/red]", wave="[b]"))

    result = notify("preview", *GOOD)

    assert 0 == result.exit_code
    assert "wave [b]" in result.stdout


def test_a_preview_tells_the_numbers_of_the_contract(notify, race):
    document = json.loads(notify("preview", *GOOD, "--json").stdout)

    assert 3 == document["people"]
    assert 3 == document["channels"]["sms"]["messages"]
    assert {"en", "zh-CN"} == set(document["shown"])
    assert 64 == len(document["fingerprint"])


def test_a_trigger_without_redis_commits_and_says_where_it_stands(notify, race):
    result = notify("trigger", *GOOD, "--json")
    document = json.loads(result.stdout)
    again = notify("trigger", *GOOD, "--json")
    status = notify("status", document["incident"], "--json")

    assert 0 == result.exit_code
    assert (3, 0, {"sms": {"planned": 3}}) == (
        document["people"],
        document["reached"],
        document["deliveries"],
    )
    assert document["seconds"]["published"] is not None
    refused(again, 1, f"incident {document['incident']}", "already active on this race; update it")
    assert document | {"seconds": 0} == json.loads(status.stdout) | {"seconds": 0}


def test_stop_and_resume_tell_what_is_held(notify, race):
    incident = json.loads(notify("trigger", *GOOD, "--json").stdout)["incident"]

    stopped = json.loads(notify("stop", incident, "--json").stdout)
    resumed = notify("resume", incident)

    wanted = {"incident": incident, "sent": 0, "in_flight": 0, "held": 3, "changed": True}
    assert wanted == stopped
    assert 0 == resumed.exit_code
    assert "3 not sent" in resumed.stdout


def test_updates_corrections_and_the_end_by_command(notify, race):
    incident = json.loads(notify("trigger", *GOOD, "--json").stdout)["incident"]

    documents = [
        json.loads(notify(name, incident, "--json", *facts).stdout)
        for name, facts in (
            ("update", ("--fact", "note=by order")),
            ("correct", ("--fact", "decision=open")),
            ("resolve", ()),
        )
    ]
    after = notify("update", incident, "--fact", "note=late")

    assert [2, 3, 4] == [document["revision"] for document in documents]
    assert ["active", "active", "resolved"] == [document["status"] for document in documents]
    assert [3, 0, 0] == [document["people"] for document in documents]
    refused(after, 1, "is resolved; only an active one can change")


def test_a_worker_is_not_rung_twice_for_one_trigger(notify, race, redis_url):
    notify("trigger", *GOOD, NOTIFY_REDIS_URL=redis_url)

    bell = RqBell(redis_url, workers={})
    with bell._client() as redis:
        assert 1 == redis.llen("rq:queue:sms")
