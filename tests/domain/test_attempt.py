"""When to try again, and how long a claim is good for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.attempt import CALL_S, LEASE_S, SETTLE_S, may_still_call, retry_wait


def test_waits_double_up_to_a_minute():
    assert [1, 2, 4, 8, 16, 32, 60, 60] == [retry_wait(attempt) for attempt in range(1, 9)]


@given(st.integers(-5, 10_000))
def test_a_wait_is_never_shorter_than_a_second_nor_longer_than_a_minute(attempt):
    assert 1 <= retry_wait(attempt) <= 60


@pytest.mark.parametrize(
    ("left", "may"), [(LEASE_S, True), (CALL_S, True), (CALL_S - 0.001, False), (-1.0, False)]
)
def test_a_call_starts_only_if_it_surely_ends_within_the_lease(left, may):
    assert may == may_still_call(left)


def test_a_lease_outlives_a_call_and_heals_within_half_a_minute():
    assert CALL_S < LEASE_S
    assert LEASE_S + SETTLE_S <= 30
