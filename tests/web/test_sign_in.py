"""Signing in and out, and what keeps others from doing it for somebody."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from notify.usecases.add_user import AddUser, add_user
from notify.web import create_app
from notify.web.auth import local_path

PASSWORD = "nine tired volunteers"


@pytest.fixture
def someone(services) -> None:
    """Add an organiser and an agent who have a password."""
    for role in ("organiser", "agent"):
        add_user(AddUser(f"{role}@example.org", role, PASSWORD), services=services)


@pytest.fixture
def secure_app(services) -> Flask:
    """Give the application of an installation that is reached over https."""
    settings = replace(services.settings, public_url="https://race.example")
    return create_app(replace(services, settings=settings))


def try_to(
    client: FlaskClient, email: str = "organiser@example.org", password: str = PASSWORD, **more: str
) -> TestResponse:
    page = client.get("/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data = {"csrf_token": token[1], "email": email, "password": password, **more}
    return client.post("/sign-in", data=data)


@pytest.mark.usefixtures("someone")
def test_the_right_password_opens_the_console(visitor):
    answer = try_to(visitor)

    assert (303, "/") == (answer.status_code, answer.headers["Location"])
    assert 200 == visitor.get("/").status_code


@pytest.mark.usefixtures("someone")
def test_an_agent_begins_at_the_desk(visitor):
    assert "/desk" == try_to(visitor, "agent@example.org").headers["Location"]


@pytest.mark.usefixtures("someone")
def test_the_address_may_be_typed_in_capitals(visitor):
    assert 303 == try_to(visitor, " Organiser@Example.org ").status_code


@pytest.mark.usefixtures("someone")
def test_a_wrong_password_and_an_unknown_address_cannot_be_told_apart(visitor):
    wrong = try_to(visitor, password="wrong")
    unknown = try_to(visitor, "nobody@example.org")

    assert 422 == wrong.status_code == unknown.status_code
    assert without_token(wrong) == without_token(unknown).replace("nobody@", "organiser@")


@pytest.mark.usefixtures("someone")
def test_after_six_wrong_passwords_even_the_right_one_must_wait(visitor):
    wrong = [try_to(visitor, password=f"wrong {n}").status_code for n in range(6)]

    assert [422] * 6 == wrong
    assert 429 == try_to(visitor).status_code


@pytest.mark.usefixtures("someone")
def test_signing_in_often_is_not_an_attack(app):
    answers = [try_to(app.test_client()).status_code for _ in range(8)]

    assert [303] * 8 == answers


@pytest.mark.usefixtures("someone")
def test_the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor):
    cookie = try_to(visitor).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.usefixtures("someone")
def test_over_https_the_cookie_is_never_sent_in_the_clear(secure_app):
    client = secure_app.test_client()
    page = client.get("/sign-in", base_url="https://race.example")

    assert "Secure" in page.headers["Set-Cookie"]


@pytest.mark.usefixtures("someone")
def test_the_session_before_signing_in_is_forgotten(visitor):
    visitor.get("/sign-in")
    with visitor.session_transaction() as session:
        session["planted"] = "by somebody else"

    try_to(visitor)

    with visitor.session_transaction() as session:
        assert "planted" not in session


def test_signing_in_needs_the_forms_token(visitor):
    assert 400 == visitor.post("/sign-in", data={"email": "a@example.org"}).status_code


def test_signing_out_ends_the_session(sign_in):
    client = sign_in("organiser")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert token

    client.post("/sign-out", data={"csrf_token": token[1]})

    assert 303 == client.get("/").status_code


def test_a_link_cannot_sign_anybody_out(sign_in):
    client = sign_in("organiser")

    assert 405 == client.get("/sign-out").status_code
    assert 200 == client.get("/").status_code


@pytest.mark.usefixtures("someone")
def test_signing_in_leads_on_to_the_page_that_was_asked_for(visitor):
    answer = try_to(visitor, next="/incidents/ab2cd3e?lang=en")

    assert "/incidents/ab2cd3e?lang=en" == answer.headers["Location"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        None,
    ],
)
def test_signing_in_never_leads_to_another_site(app, target):
    with app.test_request_context():
        assert "/" == local_path(target)


def test_a_person_who_was_removed_is_signed_out(sign_in, services):
    client = sign_in("organiser")
    with services.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM user_account")

    assert 303 == client.get("/").status_code


def without_token(answer: TestResponse) -> str:
    return re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", answer.text)
