"""The links we give out: signed where somebody could name what is not theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.links import Links

LINKS = Links("https://race.example.org/", "a secret for tests only")
OTHERS = Links("https://race.example.org/", "the secret of somebody else")


def test_addresses_start_with_the_public_url_once():
    assert "https://race.example.org/i/ab2cd3e" == LINKS.page("ab2cd3e")
    assert "https://race.example.org/verify/ab2cd3e" == LINKS.verify("ab2cd3e")
    assert "https://race.example.org/incidents/ab2cd3e" == LINKS.console("ab2cd3e")
    assert "https://race.example.org/api/v1/faq" == LINKS.faq()
    assert "https://race.example.org/x?y=1" == LINKS.absolute("/x?y=1")


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


@given(st.from_regex(r"[2-9a-z]{7}-[0-9]{1,18}", fullmatch=True), st.integers(1, 10_000))
def test_a_callback_names_its_delivery_and_attempt(delivery, attempt):
    assert (delivery, attempt) == LINKS.read_receipt(token_of(LINKS.receipt(delivery, attempt)))


@given(st.text(max_size=40))
def test_a_token_that_is_not_ours_reads_as_nothing(token):
    assert LINKS.read_receipt(token) is None
    assert LINKS.read_unsubscribe(token) is None


@pytest.mark.parametrize("make", ["receipt", "unsubscribe"])
def test_tokens_of_another_secret_or_purpose_are_not_taken(make):
    arguments = ("ab2cd3e-17", 1) if make == "receipt" else ("ab2cd3e-17",)
    theirs = token_of(getattr(OTHERS, make)(*arguments))
    ours = token_of(getattr(LINKS, make)(*arguments))

    assert LINKS.read_receipt(theirs) is None
    assert LINKS.read_unsubscribe(theirs) is None
    wrong_reader = LINKS.read_unsubscribe if make == "receipt" else LINKS.read_receipt
    assert wrong_reader(ours) is None


def test_one_changed_letter_breaks_a_token():
    token = token_of(LINKS.receipt("ab2cd3e-17", 1))

    for place in range(len(token)):
        other = token[:place] + ("x" if token[place] != "x" else "y") + token[place + 1 :]
        # The last letter of base64 has bits that do not count.
        assert LINKS.read_receipt(other) is None or place == len(token) - 1


def test_an_unsubscribe_link_names_the_delivery_and_nobody():
    url = LINKS.unsubscribe("ab2cd3e-17")

    assert url.startswith("https://race.example.org/unsubscribe/")
    assert "ab2cd3e-17" == LINKS.read_unsubscribe(token_of(url))
