"""Incidents: their moves, and codes that can be read out over the phone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notify.domain.incident import (
    ALLOWED,
    CODE_ALPHABET,
    CODE_LENGTH,
    IncidentStatus,
    Severity,
    code_from,
)


@given(st.binary(min_size=CODE_LENGTH, max_size=32))
def test_a_code_has_seven_letters_that_cannot_be_mistaken(random_bytes):
    code = code_from(random_bytes)

    assert CODE_LENGTH == len(code)
    assert set(code) <= set(CODE_ALPHABET)
    assert code == code_from(random_bytes)


def test_the_alphabet_has_no_letter_that_looks_like_another():
    assert set("01ilo").isdisjoint(CODE_ALPHABET)
    assert len(CODE_ALPHABET) == len(set(CODE_ALPHABET))


def test_different_bytes_give_different_codes():
    codes = {code_from(number.to_bytes(8, "big")) for number in range(5000)}

    assert 5000 == len(codes)


def test_every_status_has_its_moves_and_the_ends_have_none():
    assert set(IncidentStatus) == set(ALLOWED)
    ends = {status for status, following in ALLOWED.items() if not following}
    assert {IncidentStatus.RESOLVED, IncidentStatus.CANCELLED} == ends


def test_only_what_is_active_can_be_resolved():
    before = {s for s, following in ALLOWED.items() if IncidentStatus.RESOLVED in following}

    assert {IncidentStatus.ACTIVE} == before


def test_severities_grow_louder():
    assert ["minor", "moderate", "severe", "extreme"] == [severity.value for severity in Severity]
