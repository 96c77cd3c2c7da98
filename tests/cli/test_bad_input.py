"""Bad input: one clear line, the right exit code, nothing on standard output, nothing done."""

from __future__ import annotations

import json
import shutil
import socket

import pytest
from sqlalchemy import delete, func, select

from notify.config import HOME
from notify.store.incidents import IncidentRow
from notify.store.races import RegistrantRow
from tests.cli.conftest import refused

GOOD = (
    *("--race", "lake-2026", "--fact", "decision=cancelled", "--fact", "cause=wind"),
    *("--fact", "do_now=do_not_travel", "--fact", "next_update_at=2026-12-06T05:00"),
)


def without(name):
    """Return the good options but for one fact."""
    facts = [word for word in GOOD if "=" in word and not word.startswith(name)]
    return ("--race", "lake-2026", *(part for fact in facts for part in ("--fact", fact)))


def incidents(database):
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(IncidentRow)).scalar_one()


@pytest.mark.parametrize("command", ["preview", "trigger"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("weather_cancellation", *GOOD, "--fact", "wind=9"), "wind: not a fact of weather"),
        (("weather_cancellation", *without("cause")), "cause: required"),
        (("weather_cancellation", *without("cause"), "--fact", "cause=rain"), "'rain' is not a"),
        (
            ("weather_cancellation", *without("next"), "--fact", "next_update_at=soon"),
            "next_update_at: 'soon' is not a time; write it like 2026-12-05T18:00",
        ),
        (("weather_cancellation", *GOOD, "--fact", "courses=moon"), "'moon' is not a course here"),
        (("weather_cancellation", *GOOD, "--fact", "waves=B"), "affected by these facts"),
        (("weather_cancellation", "--race", "moon"), "no race called 'moon'; there is lake-2026"),
        (("moonfall", "--race", "lake-2026"), "no playbook called 'moonfall'; there is payment"),
        (("weather_cancellation", *GOOD, "--fact", "cause"), "'cause' is not NAME=VALUE"),
        (("weather_cancellation", *GOOD, "--fact", "cause=heat"), "'cause' is given twice"),
        (("weather_cancellation",), "Missing option '--race'"),
        (("weather_cancellation", *GOOD, "--kind", "update"), "'update' is not one of"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_starts(notify, race, command, arguments, said):
    result = notify(command, *arguments, "--json")

    refused(result, 2, said)
    assert 0 == incidents(race)


def test_an_incident_may_start_with_a_holding_notice(notify, race):
    facts = ("--fact", "cause=wind", "--fact", "next_update_at=2026-12-06T05:00")

    result = notify(
        *("preview", "weather_cancellation", "--race", "lake-2026"),
        *(*facts, "--kind", "holding", "--json"),
    )

    assert 0 == result.exit_code, result.output
    assert "holding" == json.loads(result.stdout)["kind"]


def test_every_wrong_fact_is_named_at_once(notify, race):
    result = notify(
        *("trigger", "weather_cancellation", "--race", "lake-2026"),
        *("--fact", "wind=9", "--fact", "decision=maybe"),
    )

    refused(result, 2, "wind:", "decision:", "cause: required", "do_now: required")
    assert 5 == len(result.stderr.splitlines())  # one line for each, next_update_at too


def test_an_empty_race_is_refused(notify, race):
    with race.write() as connection:
        connection.execute(delete(RegistrantRow))

    refused(notify("trigger", "weather_cancellation", *GOOD), 2, "affected by these facts")


@pytest.mark.parametrize("command", ["status", "stop", "resume", "update", "correct", "resolve"])
def test_an_unknown_incident_is_named(notify, race, command):
    refused(notify(command, "nothere", "--json"), 2, "no incident called 'nothere'")


def test_a_playbook_that_is_not_yaml_is_named_with_its_line(notify, race, tmp_path):
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "broken.yaml").write_text("id: broken\nname: {en: [\n", encoding="utf-8")

    result = notify("trigger", "broken", *GOOD, NOTIFY_PLAYBOOKS=str(folder))

    refused(result, 2, "broken.yaml:", "YAML")


def test_every_mistake_of_a_playbook_is_named_with_its_line(notify, race, tmp_path):
    folder = tmp_path / "playbooks"
    shutil.copytree(HOME / "playbooks", folder)
    path = folder / "route_change.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("priority: 1", "priority: urgent").replace("sms,", "pigeon,")
    path.write_text(text, encoding="utf-8")

    result = notify("preview", "weather_cancellation", *GOOD, NOTIFY_PLAYBOOKS=str(folder))

    refused(result, 2, "route_change.yaml:", "priority: must", "channels[0]: must")


def test_a_folder_without_playbooks_is_said(notify, race, tmp_path):
    result = notify("trigger", "x", "--race", "lake-2026", NOTIFY_PLAYBOOKS=str(tmp_path / "none"))

    refused(result, 2, str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("find", "replace", "said"),
    [
        ("race.sender", "race.sendr", "sendr"),
        ("{% block sms %}", "{% block sns %}", "sms"),
        ("{% endblock %}", "", "alert.en.j2"),
    ],
)
def test_a_typo_in_a_template_is_named_and_nothing_starts(
    notify, race, tmp_path, find, replace, said
):
    folder = tmp_path / "messages"
    shutil.copytree(HOME / "templates" / "messages", folder)
    path = folder / "weather_cancellation" / "alert.en.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(find, replace, 1), encoding="utf-8")

    result = notify("trigger", "weather_cancellation", *GOOD, NOTIFY_TEMPLATES=str(folder))

    refused(result, 2, "weather_cancellation/alert.en.j2", said)
    assert 0 == incidents(race)


def test_a_template_that_is_missing_in_one_language_is_named(notify, race, tmp_path):
    folder = tmp_path / "messages"
    shutil.copytree(HOME / "templates" / "messages", folder)
    (folder / "weather_cancellation" / "alert.zh-CN.j2").unlink()

    result = notify("trigger", "weather_cancellation", *GOOD, NOTIFY_TEMPLATES=str(folder))

    refused(result, 2, "weather_cancellation/alert.zh-CN.j2: there is no such template")


def test_all_wrong_settings_are_said_at_once(notify):
    result = notify(
        *("trigger", "weather_cancellation", *GOOD),
        NOTIFY_BIND="nowhere",
        NOTIFY_RATE_SMS="-1",
        TWILIO_AUTH_TOKEN="",
    )

    refused(result, 2, "NOTIFY_BIND:", "NOTIFY_RATE_SMS:", "TWILIO_AUTH_TOKEN: required")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:hush@127.0.0.1:1/none",
        "sqlite:////dev/null/notify.db",
    ],
)
def test_a_database_that_cannot_be_reached_is_a_failure(notify, url):
    result = notify("status", "nothere", NOTIFY_DATABASE_URL=url)

    refused(result, 1, "the database cannot be used", "check NOTIFY_DATABASE_URL")
    assert "hush" not in result.stderr


def test_a_database_that_is_not_one_is_a_failure(notify, tmp_path):
    path = tmp_path / "not.db"
    path.write_text("this is a diary, not a database" * 100, encoding="utf-8")

    result = notify("status", "nothere", NOTIFY_DATABASE_URL=f"sqlite:///{path}")

    refused(result, 1, "file is not a database", "check NOTIFY_DATABASE_URL")


def test_a_var_that_cannot_be_written_is_a_failure(notify, race):
    result = notify("trigger", "weather_cancellation", *GOOD, NOTIFY_VAR="/dev/null/var")

    refused(result, 1, "/dev/null")


@pytest.mark.parametrize("command", [("up",), ("demo", "--once", "--json")])
def test_a_redis_that_cannot_be_used_stops_what_needs_it(notify, command, make_redis):
    server = make_redis(maxmemory_policy="allkeys-lru")

    gone = notify(*command)
    lossy = notify(*command, NOTIFY_REDIS_URL=server.url)

    refused(gone, 1, "Redis cannot be reached", "NOTIFY_REDIS_URL")
    refused(lossy, 1, "maxmemory-policy allkeys-lru", "noeviction")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("ann",), None, "not an e-mail address; write it like name@example.com"),
        (("ann@example.org", "--password-stdin"), "", "the password is too short"),
        (("ann@example.org", "--race", "moon"), None, "no race called 'moon'; there is lake-2026"),
    ],
)
def test_a_user_who_cannot_be_added_is_bad_input(notify, race, arguments, stdin, said):
    refused(notify("user", "add", *arguments, "--role", "agent", stdin=stdin), 2, said)


def test_an_address_that_is_taken_stops_the_start(notify, redis_url):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"

        result = notify("up", NOTIFY_REDIS_URL=redis_url, NOTIFY_BIND=bind)

    refused(result, 1, f"cannot listen on {bind}", "NOTIFY_BIND")


def test_an_unknown_command_and_option_are_usage_errors(notify):
    refused(notify("explode"), 2, "No such command 'explode'")
    refused(notify("trigger", "--force"), 2, "No such option")
