"""Settings: read once, every problem said at once, secrets from files, nothing shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from notify.config import CHANNELS, SETTINGS, SettingsError, child_environment, load_settings

TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "token", "TWILIO_FROM": "+12025550100"}


def problems(**environment: str) -> list[str]:
    """Return what is wrong with an environment."""
    with pytest.raises(SettingsError) as refused:
        load_settings(environment)
    return refused.value.problems


def test_nothing_set_gives_the_documented_defaults():
    settings = load_settings({})

    assert Path("var").absolute() == settings.var
    assert f"sqlite:///{settings.var}/notify.db" == settings.database_url
    assert settings.redis_url is None
    assert "http://127.0.0.1:8000" == settings.public_url
    assert "CN" == settings.default_region
    assert dict.fromkeys(CHANNELS, 1) == settings.workers
    assert (None, None, None) == (settings.twilio, settings.fcm, settings.smtp)
    assert dict.fromkeys(CHANNELS) == settings.rates


def test_an_empty_setting_counts_as_not_set():
    assert load_settings({}) == load_settings(dict.fromkeys(SETTINGS, " "))


def test_a_plain_postgresql_url_gets_its_driver():
    settings = load_settings({"NOTIFY_DATABASE_URL": "postgresql://u:p%40@db.example/x?a=b"})

    assert "postgresql+psycopg://u:p%40@db.example/x?a=b" == settings.database_url


def test_channels_are_on_with_their_settings(tmp_path):
    settings = load_settings(
        TWILIO
        | {"FCM_PROJECT_ID": "p", "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "a.json")}
        | {"SMTP_URL": "smtps://u:p@mail.example:465", "MAIL_FROM": "race@example.org"}
    )

    assert settings.twilio is not None
    assert "+12025550100" == settings.twilio.sender
    assert "https://api.twilio.com" == settings.twilio.api_base
    assert settings.fcm is not None
    assert tmp_path / "a.json" == settings.fcm.credentials
    assert settings.smtp is not None


def test_a_messaging_service_is_preferred_to_a_number():
    settings = load_settings(TWILIO | {"TWILIO_MESSAGING_SERVICE_SID": "MG1"})

    assert settings.twilio is not None
    assert "MG1" == settings.twilio.sender


def test_googles_own_variable_alone_turns_nothing_on():
    assert load_settings({"GOOGLE_APPLICATION_CREDENTIALS": "/somewhere"}).fcm is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOTIFY_DATABASE_URL", "mysql://db/x"),
        ("NOTIFY_DATABASE_URL", "notify.db"),
        ("NOTIFY_DATABASE_URL", "postgresql:x"),
        ("NOTIFY_DATABASE_URL", "postgresql://db:port/x"),
        ("NOTIFY_DATABASE_URL", "sqlite://notify.db"),
        ("NOTIFY_REDIS_URL", "localhost:6379"),
        ("NOTIFY_REDIS_URL", "redis://localhost:port/0"),
        ("NOTIFY_REDIS_URL", "redis:localhost"),
        ("NOTIFY_PUBLIC_URL", "race.example.org"),
        ("NOTIFY_PUBLIC_URL", "https://"),
        ("NOTIFY_BIND", "8000"),
        ("NOTIFY_BIND", "127.0.0.1:99999"),
        ("NOTIFY_DEFAULT_REGION", "china"),
        ("NOTIFY_WORKERS", "sms=many"),
        ("NOTIFY_WORKERS", "fax=1"),
        ("NOTIFY_WORKERS", "sms=-1"),
        ("NOTIFY_WORKERS", "sms=65"),
        ("NOTIFY_RATE_SMS", "0"),
        ("NOTIFY_RATE_PUSH", "-1"),
        ("NOTIFY_RATE_EMAIL", "nan"),
        ("NOTIFY_RATE_EMAIL", "fast"),
        ("NOTIFY_PRICE_SMS", "free"),
        ("NOTIFY_SECRET_KEY", "short"),
        ("TWILIO_API_BASE", "ftp://x"),
        ("SMTP_URL", "http://mail.example"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    [problem] = [problem for problem in problems(**{name: value}) if problem.startswith(name)]

    assert problem.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "example"),
    [("NOTIFY_PUBLIC_URL", "https://race.example.org"), ("SMTP_URL", "smtps://race.example.org")],
)
def test_an_address_without_a_host_is_shown_one_of_its_kind(name, example):
    found = problems(**{name: example.partition("race")[0]})
    [problem] = [problem for problem in found if problem.startswith(name)]

    assert problem.endswith(f"write it like {example}")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_FROM": "+12025550100"}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"}, "TWILIO_FROM"),
        ({"FCM_PROJECT_ID": "p"}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ({"SMTP_URL": "smtp://mail.example"}, "MAIL_FROM"),
        ({"MAIL_FROM": "race@example.org"}, "SMTP_URL"),
    ],
)
def test_half_a_channel_is_a_problem_that_names_the_other_half(given, missing):
    [problem] = problems(**given)

    assert missing in problem
    assert "required" in problem


def test_all_problems_are_reported_at_once():
    found = problems(
        NOTIFY_BIND="8000",
        NOTIFY_DATABASE_URL="mysql://db/x",
        NOTIFY_RATE_SMS="0",
        TWILIO_ACCOUNT_SID="AC1",
        SMTP_URL="smtp://mail.example",
        NOTIFY_SECRET_KEY_FILE="/nowhere/secret",
    )

    named = {problem.split(":")[0] for problem in found}
    assert {
        *("NOTIFY_BIND", "NOTIFY_DATABASE_URL", "NOTIFY_RATE_SMS"),
        *("TWILIO_AUTH_TOKEN", "MAIL_FROM", "NOTIFY_SECRET_KEY_FILE"),
    } <= named


def test_what_is_wrong_does_not_count_as_missing():
    found = problems(SMTP_URL="http://mail.example", MAIL_FROM="race@example.org")

    assert ["SMTP_URL"] == [problem.split(":")[0] for problem in found]


def test_a_secret_may_come_from_the_first_line_of_a_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("from the file \nnot this\n", encoding="utf-8")

    settings = load_settings(
        TWILIO | {"TWILIO_AUTH_TOKEN": "", "TWILIO_AUTH_TOKEN_FILE": str(path)}
    )

    assert settings.twilio is not None
    assert "from the file" == settings.twilio.auth_token


def test_the_setting_itself_wins_over_its_file():
    settings = load_settings(TWILIO | {"TWILIO_AUTH_TOKEN_FILE": "/nowhere"})

    assert settings.twilio is not None
    assert "token" == settings.twilio.auth_token


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_secrets_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "secret"
    if content:
        path.write_bytes(content)

    assert [f"NOTIFY_SECRET_KEY_FILE: cannot read {path}"] == problems(
        NOTIFY_SECRET_KEY_FILE=str(path)
    )


def test_settings_do_not_show_their_secrets():
    settings = load_settings(
        TWILIO
        | {
            "TWILIO_AUTH_TOKEN": "hush-twilio",
            "NOTIFY_SECRET_KEY": "hush-key-hush-key",
            "NOTIFY_DATABASE_URL": "postgresql://u:hush-db@db.example/x",
            "NOTIFY_REDIS_URL": "redis://:hush-redis@redis.example",
            "SMTP_URL": "smtp://u:hush-mail@mail.example",
            "MAIL_FROM": "race@example.org",
        }
    )

    assert "hush" not in repr(settings)


def test_problems_do_not_show_secrets():
    found = problems(
        SMTP_URL="http://u:hush-mail@mail.example",
        NOTIFY_SECRET_KEY="hush",
        NOTIFY_DATABASE_URL="postgresql://u:hush-db@db:port/x",
        NOTIFY_REDIS_URL="redis://:hush-redis@redis:port/0",
    )

    assert "hush" not in " ".join(found)


def test_workers_not_named_stay_at_one_and_none_is_possible():
    settings = load_settings({"NOTIFY_WORKERS": "sms=4, email = 0"})

    assert {"sms": 4, "push": 1, "email": 0} == settings.workers


def test_a_child_gets_our_environment_with_the_changes(monkeypatch):
    monkeypatch.setenv("NOTIFY_BIND", "127.0.0.1:1")

    child = child_environment({"NOTIFY_VAR": "/tmp/x"})

    assert ("127.0.0.1:1", "/tmp/x") == (child["NOTIFY_BIND"], child["NOTIFY_VAR"])
