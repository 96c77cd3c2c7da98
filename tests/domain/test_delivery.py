"""The life of a delivery: moves are data, and receipts fold the same in any order."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.delivery import (
    ALLOWED,
    HANDED_OVER,
    OPEN,
    RANK,
    REACHED,
    RECEIPT_STATUSES,
    DeliveryStatus,
    allowed_from,
    fold_receipt,
)

S = DeliveryStatus
statuses = st.sampled_from(S)
receipts = st.lists(st.sampled_from(sorted(RECEIPT_STATUSES)), max_size=6)
OURS = {S.SUPPRESSED, S.CANCELLED, S.EXPIRED}


def folded(start, reported):
    for status in reported:
        start = fold_receipt(start, status)
    return start


def test_every_status_has_a_rank_and_a_row_of_moves():
    assert set(S) == set(RANK) == set(ALLOWED)


@given(statuses, statuses)
def test_folding_is_total_and_gives_one_of_the_two(current, reported):
    assert fold_receipt(current, reported) in {current, reported}


@given(statuses, receipts)
def test_a_receipt_never_lowers_what_a_provider_said(current, reported):
    before = folded(current, reported)

    for status in RECEIPT_STATUSES:
        after = fold_receipt(before, status)
        assert before in OURS or RANK[after] >= RANK[before]


@given(statuses, receipts)
def test_a_repeated_receipt_changes_nothing(current, reported):
    once = folded(current, reported)

    assert all(once == folded(once, [status]) for status in reported) or once in OURS


@pytest.mark.parametrize("ending", [S.DELIVERED, S.UNDELIVERED, S.FAILED])
@pytest.mark.parametrize("start", sorted(S, key=str))
def test_the_order_of_receipts_does_not_matter(start, ending):
    story = (S.ACCEPTED, S.SENT, ending)

    assert 1 == len({folded(start, order) for order in permutations(story)})


def test_late_sent_receipt_does_not_undo_delivered():
    assert S.DELIVERED is fold_receipt(S.DELIVERED, S.SENT)


def test_a_phone_back_in_coverage_was_reached_after_all():
    assert S.DELIVERED is fold_receipt(S.UNDELIVERED, S.DELIVERED)


@pytest.mark.parametrize("ours", sorted(OURS))
def test_the_provider_knows_better_than_we_that_a_message_left(ours):
    assert S.SENT is fold_receipt(ours, S.SENT)


@pytest.mark.parametrize("reported", sorted(set(S) - RECEIPT_STATUSES))
def test_what_no_provider_can_say_is_ignored(reported):
    assert all(status is fold_receipt(status, reported) for status in S)


def test_allowed_from_is_the_table_read_backwards():
    for target in S:
        assert {status for status in S if target in ALLOWED[status]} == allowed_from(target)


def test_final_statuses_lead_nowhere_but_undelivered_to_delivered():
    final = {status for status in S if not ALLOWED[status]}

    assert {S.DELIVERED, S.FAILED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED} == final
    assert {S.DELIVERED} == ALLOWED[S.UNDELIVERED]


def test_nothing_handed_over_can_be_planned_again():
    assert all(not ALLOWED[status] & OPEN for status in HANDED_OVER)


def test_every_status_is_open_handed_over_or_over():
    assert OPEN.isdisjoint(HANDED_OVER)
    assert REACHED < HANDED_OVER
    assert set(S) - OPEN - HANDED_OVER == {S.FAILED, *OURS}
