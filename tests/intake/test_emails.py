"""E-mail addresses are checked and get one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.intake.emails import read_email
from notify.intake.faults import CellFault, Reason
from tests.intake.builders import full_width


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("runner@example.com", "runner@example.com"),
        ("Runner.One+race@EXAMPLE.com", "Runner.One+race@example.com"),
        (full_width("runner@example.com"), "runner@example.com"),
        ("runner@example。com", "runner@example.com"),
        ("mailto:runner@example.com", "runner@example.com"),
        ("<runner@example.com>", "runner@example.com"),
        ("runner@例子.example", "runner@xn--fsqu00a.example"),
    ],
)
def test_an_address_is_read_in_one_spelling(written, expected):
    assert expected == read_email(written)


@pytest.mark.parametrize(
    "written",
    [
        "not-an-address",
        "@example.com",
        "runner@",
        "runner@example",
        "runner@example..com",
        "runner@-example.com",
        "runner@exa_mple.com",
        "runner@127.0.0.1",
        ".runner@example.com",
        "run..ner@example.com",
        "run ner@example.com",
        "a@example.com, b@example.com",
        "runner@example.com\nbcc: other@example.com",
        "赛跑者@example.com",
        "r" * 65 + "@example.com",
        "runner@" + "a." * 130 + "com",
        "runner@" + "例" * 80 + ".com",
    ],
)
def test_what_no_mail_server_would_take_is_refused(written):
    with pytest.raises(CellFault) as fault:
        read_email(written)

    assert Reason.EMAIL_INVALID == fault.value.reason


@given(st.one_of(st.emails(), st.text(max_size=40)))
def test_whatever_is_written_is_read_or_refused_and_reads_the_same_again(written):
    try:
        address = read_email(written)
    except CellFault:
        return

    assert address == read_email(address)
