"""The desk: what agents see and say, in the words of the current revision."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from notify.domain.incident import Severity
from notify.domain.notice import Surface
from notify.usecases.shown import shown_version
from notify.web.desk.script import Section, sections
from tests.installation import NOW
from tests.rows import TEXTS, Incident, add_incident, add_race, add_revision_of, resolve


@pytest.fixture
def agent(sign_in):
    return sign_in("agent")


def _desk(client, query: str = "?lang=en"):
    answer = client.get(f"/desk{query}")
    assert answer.status_code == 200
    return answer.text


def _banners(page: str) -> list[str]:
    return re.findall(r'data-incident="([^"]+)"', page)


def test_an_empty_desk_says_that_nothing_is_going_on(agent):
    page = _desk(agent)

    assert "Nothing is going on." in page
    assert "Answers for callers" not in page
    assert 'data-version="none"' in page


def test_a_banner_says_how_bad_what_since_when_until_when_and_which_revision(agent, services):
    add_incident(services.database, Incident(promised_at=NOW + timedelta(hours=1)))
    page = _desk(agent)

    banner = page.split('<article class="banner')[1].split("</article>")[0]

    for said in (
        "Severe",
        "<svg",
        "Lakeshore Marathon",
        TEXTS["en"][Surface.BANNER],
        "Sun 6 Dec, 02:00",
        "Sun 6 Dec, 03:00",
        "1 (Notice, 02:00)",
    ):
        assert said in banner
    assert "overdue" not in banner


def test_a_promise_that_was_not_kept_is_marked(agent, services):
    add_incident(services.database, Incident(promised_at=NOW - timedelta(minutes=1)))

    assert "overdue" in _desk(agent)


def test_banners_stack_the_most_severe_first(agent, services):
    for code, severity in [("mm", Severity.MODERATE), ("xx", Severity.EXTREME), ("ss", "severe")]:
        add_incident(services.database, Incident(id=code, severity=Severity(severity)))

    assert ["xx", "ss", "mm"] == _banners(_desk(agent))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_answer_is_there_in_each_language_whatever_the_agents_own(agent, services, language):
    add_incident(services.database)

    page = _desk(agent, f"?lang={language}")

    for tag, texts in TEXTS.items():
        sheet = page.split(f'data-language="{tag}"')[1].split('<div class="sheet"')[0]
        assert texts[Surface.FAQ_QUESTION] in sheet
        assert texts[Surface.FAQ_ANSWER] in sheet
    assert f'id="sheet-{language}" checked' in page


def test_the_script_is_in_parts(agent, services):
    add_incident(services.database)

    page = _desk(agent)

    assert ["Say", "Do not say"] == re.findall(r"<h4>([A-Z][^<]+)</h4>", page)
    assert "<li>That a date is set.</li>" in page


def test_a_new_revision_replaces_every_text(agent, services):
    add_incident(services.database)
    texts = {tag: {**each, Surface.FAQ_ANSWER: f"new {tag}"} for tag, each in TEXTS.items()}
    add_revision_of(services.database, Incident(kind="update", texts=texts), 2)

    page = _desk(agent)

    assert "new en" in page
    assert "new zh-CN" in page
    assert TEXTS["en"][Surface.FAQ_ANSWER] not in page
    assert "2 (Update" in page


def test_a_resolved_incident_leaves_a_note_and_then_is_history(agent, services):
    add_incident(services.database)
    resolve(services.database, at=NOW)

    soon = _desk(agent)
    services.now.advance(hours=1)
    later = _desk(agent)

    assert [] == _banners(soon)
    assert 'data-ended="ab2cd3e"' in soon
    assert 'data-ended="ab2cd3e"' not in later
    assert "Past incidents (1)" in later
    assert "Resolved" in later


def test_a_drill_is_marked_everywhere(agent, services):
    add_incident(services.database, Incident(drill=True))

    assert 3 == _desk(agent).count("EXERCISE / 演练")  # the banner, and an entry in each language


def test_texts_are_text_whatever_they_hold(agent, services):
    nasty = {surface: f"<script>alert('{surface}')</script>" for surface in TEXTS["en"]}
    add_incident(services.database, Incident(texts={"en": nasty, "zh-CN": nasty}))

    page = _desk(agent)

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_board_alone_is_what_the_desk_shows(agent, services):
    add_incident(services.database)

    board = agent.get("/desk/board?lang=en").text

    assert board.strip() in _desk(agent)
    assert f'data-version="{shown_version(services=services)}"' in board


def test_an_agent_of_one_race_sees_that_race(sign_in, services):
    add_race(services.database, "other-2026")
    add_incident(services.database)
    add_incident(services.database, Incident(id="other23", race_id="other-2026"))

    assert ["other23"] == _banners(_desk(sign_in("agent", "other-2026")))


@pytest.mark.parametrize("path", ["/desk", "/desk/board"])
def test_who_is_not_signed_in_sees_nothing(visitor, path):
    answer = visitor.get(path)

    assert 303 == answer.status_code
    assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", ()),
        ("Only text.", (Section("", text="Only text."),)),
        ("Say\n\n- a\n- b", (Section("Say", points=("a", "b")),)),
        ("Intro\n\nSay\n\n- a", (Section("", text="Intro"), Section("Say", points=("a",)))),
        ("- a\n  goes on\n- b", (Section("", points=("a\ngoes on", "b")),)),
        ("Say\n\n- a\n\nEnd.", (Section("Say", points=("a",)), Section("", text="End."))),
    ],
)
def test_a_script_is_taken_apart_and_nothing_is_lost(script, expected):
    assert expected == sections(script)
