"""Who may call what: every address of the console, for everybody."""

from __future__ import annotations

import pytest

from tests.usecases.scene import a_race, write_race
from tests.web.organiser.conftest import signed_in
from tests.web.organiser.console import START, Console

OF_A_RACE = [
    START,
    "/incidents/{code}",
    "/incidents/{code}/progress",
    "/incidents/{code}/update",
    "/incidents/{code}/correct",
    "/incidents/{code}/all-clear",
]
PAGES = ["/", "/running", *OF_A_RACE]
DEEDS = [
    f"{START}/review",
    f"{START}/edit",
    f"{START}/send",
    "/incidents/{code}/stop",
    "/incidents/{code}/resume",
    "/incidents/{code}/update/review",
    "/incidents/{code}/update/edit",
    "/incidents/{code}/update/send",
]


@pytest.fixture
def code(app, services):
    """Give the code of an active incident."""
    return signed_in(app, services, "admin").trigger()


@pytest.mark.parametrize(
    ("role", "answer"), [("organiser", 200), ("approver", 200), ("agent", 403)]
)
def test_the_console_is_for_those_who_organise(app, services, code, role, answer):
    console = signed_in(app, services, role)

    answers = {page: console.look(page.format(code=code)).status for page in PAGES}

    assert dict.fromkeys(PAGES, answer) == answers


def test_nobody_sees_the_console_without_signing_in(app, code):
    visitor = Console(app.test_client())

    answers = {page: visitor.look(page.format(code=code)).answer for page in PAGES}

    assert dict.fromkeys(PAGES, 303) == {page: a.status_code for page, a in answers.items()}
    assert all(a.headers["Location"].startswith("/sign-in?next=/") for a in answers.values())


def test_what_belongs_to_another_race_does_not_exist(app, services, code):
    write_race(services.database, a_race(id="other-2027"))
    stranger = signed_in(app, services, race_id="other-2027")

    answers = {page: stranger.look(page.format(code=code)).status for page in OF_A_RACE}

    assert dict.fromkeys(OF_A_RACE, 404) == answers


@pytest.mark.parametrize(
    ("role", "race", "answer"), [("agent", None, 403), ("organiser", "other-2027", 404)]
)
def test_only_who_organises_this_race_may_act(app, services, code, role, race, answer):
    write_race(services.database, a_race(id="other-2027"))
    console = signed_in(app, services, role, race)
    # Any page of theirs has a form, to sign out at least: its token is that of their session.
    token = dict(console.look("/desk").fields("/sign-out"))

    answers = {
        deed: console.client.post(deed.format(code=code), data=token).status_code for deed in DEEDS
    }

    assert dict.fromkeys(DEEDS, answer) == answers


def test_nothing_is_done_without_the_forms_own_token(app, services, code):
    client = signed_in(app, services).client

    answers = {deed: client.post(deed.format(code=code)).status_code for deed in DEEDS}

    assert dict.fromkeys(DEEDS, 400) == answers


def test_nobody_acts_without_signing_in(app, code):
    visitor = app.test_client()

    answers = {deed: visitor.post(deed.format(code=code)).status_code for deed in DEEDS}

    assert dict.fromkeys(DEEDS, 303) == answers
