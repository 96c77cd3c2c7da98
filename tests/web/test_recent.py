"""Answers that may be a moment old."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from notify.web.recent import KEEP_S, Recent


class Database:
    """Counts how often it is asked, and takes as long as it is told to."""

    def __init__(self) -> None:
        self.time = 0.0
        self.cost = 0.0
        self.asked: list[str] = []

    def look(self, key: str) -> str:
        self.asked.append(key)
        self.time += self.cost
        return f"{key} {len(self.asked)}"

    def clock(self) -> float:
        return self.time


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def recent(database: Database) -> Recent[str]:
    return Recent(database.look, clock=database.clock)


def test_many_who_ask_at_once_get_one_answer(recent, database):
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(recent.get, ["a"] * 50))

    assert {"a 1"} == answers
    assert ["a"] == database.asked


def test_after_a_moment_the_answer_is_new(recent, database):
    recent.get("a")
    database.time += KEEP_S

    assert "a 2" == recent.get("a")


def test_what_is_dear_is_asked_for_less_often(recent, database):
    database.cost = 1.0
    recent.get("a")
    database.time += 3.9

    assert "a 1" == recent.get("a")


def test_each_question_has_its_own_answer(recent):
    assert ["a 1", "b 2"] == [recent.get("a"), recent.get("b")]


def test_a_failure_is_not_remembered(database: Database):
    def fail_once(key: str) -> str:
        if not database.asked:
            database.look(key)
            raise LookupError
        return database.look(key)

    recent = Recent(fail_once, clock=database.clock)
    with pytest.raises(LookupError):
        recent.get("a")

    assert "a 2" == recent.get("a")


def test_a_change_is_seen_at_once(recent):
    recent.get("a")
    recent.forget("a")

    assert "a 2" == recent.get("a")


def test_old_questions_are_forgotten(recent, database):
    for number in range(200):
        recent.get(str(number))

    assert "0 201" == recent.get("0")
