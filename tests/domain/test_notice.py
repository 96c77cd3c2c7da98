"""Notices: one spelling of what is approved, and every change of it seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.notice import (
    SENT_SURFACES,
    SHOWN_SURFACES,
    Surface,
    audience_hash,
    canonical_json,
    fingerprint,
    sha256_of,
)

texts = st.text(max_size=8)
facts = st.dictionaries(texts, texts | st.lists(texts, max_size=3), max_size=4)


@given(facts)
def test_the_order_of_keys_does_not_matter(document):
    backwards = dict(reversed(document.items()))

    assert canonical_json(document) == canonical_json(backwards)
    assert sha256_of(document) == sha256_of(backwards)


@given(facts, facts)
def test_different_documents_have_different_hashes(first, second):
    assert (first == second) == (sha256_of(first) == sha256_of(second))


def test_text_is_kept_as_it_is():
    assert '{"a":"湖滨 é"}' == canonical_json({"a": "湖滨 é"})


ROWS = [("sms", 1, "everybody", "en", "+8613123450001"), ("sms", 2, "everybody", "en", "+86")]


@pytest.mark.parametrize(
    "other",
    [
        ROWS[:1],
        ROWS[::-1],
        [*ROWS, ROWS[0]],
        [ROWS[0], ("sms", 2, "everybody", "zh-CN", "+86")],
        [ROWS[0], ("push", 2, "everybody", "en", "+86")],
        [],
    ],
)
def test_another_audience_or_order_has_another_hash(other):
    assert audience_hash(ROWS) != audience_hash(other)
    assert audience_hash(iter(ROWS)) == audience_hash(ROWS)


def test_rows_cannot_be_shifted_into_one_another():
    assert audience_hash([("a", "bc")]) != audience_hash([("ab", "c")])
    assert audience_hash([("a",), ("b",)]) != audience_hash([("a", "b")])


@pytest.mark.parametrize(
    "other", [({"a": "2"}, "w", "p"), ({"a": "1"}, "x", "p"), ({"a": "1"}, "w", "q")]
)
def test_a_fingerprint_is_of_facts_wording_and_audience(other):
    assert fingerprint({"a": "1"}, "w", "p") != fingerprint(*other)
    assert fingerprint({"a": ("x", "y")}, "w", "p") == fingerprint({"a": ["x", "y"]}, "w", "p")


def test_a_surface_is_either_sent_or_shown():
    assert set(Surface) == {*SENT_SURFACES, *SHOWN_SURFACES}
    assert set(SENT_SURFACES).isdisjoint(SHOWN_SURFACES)
