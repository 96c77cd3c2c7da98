from __future__ import annotations

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from notify.simulator import segments

TEXT = st.text(
    st.one_of(
        st.sampled_from("abc XYZ 019 éÄß@£\n€[]{}~^|\\大风比赛取消🏃"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 153 + "b" * 153, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 20, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the pair may not be torn: one place stays empty
        ("风" * 70, 1),
        ("风" * 71, 2),
        ("🏃" * 35, 1),
        ("🏃" * 67, 3),
    ],
)
def test_parts_follow_the_rules_of_gsm_7_and_ucs_2(text: str, parts: int):
    assert parts == segments.count(text)


@given(TEXT)
def test_parts_agree_with_an_independent_counter(text: str):
    expected = smsutil.split(text)

    assert max(1, len(expected.parts)) == segments.count(text)
