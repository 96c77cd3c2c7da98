"""SMS parts against an independent counter, and against what Twilio's own counter answered."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notify.domain.graphemes import graphemes
from notify.domain.sms import GSM7_BASIC, GSM7_EXTENSION, count_parts, is_gsm7, plain_sms

GSM7 = "".join(sorted(GSM7_BASIC | GSM7_EXTENSION))
CHINESE = "因天气取消比赛请勿前往，。：【】"
FAMILY = "👨‍👩‍👧‍👦"

# What sms-segments-calculator 1.3.0 answered for the same text: (encoding, segments).
TWILIO = {
    "": ("GSM-7", 1),
    "a" * 160: ("GSM-7", 1),
    "a" * 161: ("GSM-7", 2),
    "a" * 306: ("GSM-7", 2),
    "a" * 307: ("GSM-7", 3),
    "€" * 80: ("GSM-7", 1),
    "€" * 81: ("GSM-7", 2),
    "a" * 159 + "€": ("GSM-7", 2),
    "a" * 152 + "€" + "b" * 151: ("GSM-7", 2),
    "a" * 152 + "€" + "b" * 152: ("GSM-7", 3),
    "赛" * 70: ("UCS-2", 1),
    "赛" * 71: ("UCS-2", 2),
    "赛" * 134: ("UCS-2", 2),
    "赛" * 135: ("UCS-2", 3),
    "😀" * 35: ("UCS-2", 1),
    "😀" * 36: ("UCS-2", 2),
    FAMILY: ("UCS-2", 1),
    FAMILY * 6: ("UCS-2", 1),
    FAMILY * 7: ("UCS-2", 2),
    FAMILY * 12: ("UCS-2", 2),
    FAMILY * 13: ("UCS-2", 3),
    "赛" * 60 + FAMILY: ("UCS-2", 2),
    "赛" * 66 + "🇨🇳" * 2: ("UCS-2", 2),
    "赛" * 66 + "👍🏽" + "赛" * 66: ("UCS-2", 3),
    "a" * 66 + "e\u0301" * 40: ("UCS-2", 3),
    "a\r\n" * 60: ("GSM-7", 2),
    "🏽" * 40: ("UCS-2", 2),
    "\u200d" * 71: ("UCS-2", 2),
}


@pytest.mark.parametrize(("text", "answer"), TWILIO.items(), ids=range(len(TWILIO)))
def test_parts_are_what_twilio_bills(text, answer):
    parts = count_parts(text)

    assert answer == (parts.encoding, parts.segments)


def oracle(text: str) -> tuple[str, int]:
    if not text:
        return "GSM-7", 1  # smsutil says UCS-2 of an empty text; Twilio does not
    split = smsutil.split(text)
    return {"gsm0338": "GSM-7", "utf_16_be": "UCS-2"}[split.encoding], len(split.parts)


def stands_alone(text: str) -> bool:
    return all(len(piece) == 1 for piece in graphemes(text))


@settings(max_examples=2000, deadline=None)
@example("")
@example("€" * 153)
@given(st.text(alphabet=GSM7, max_size=500))
def test_parts_agree_with_smsutil_on_gsm7(text):
    parts = count_parts(text)

    assert oracle(text) == (parts.encoding, parts.segments)


@settings(max_examples=2000, deadline=None)
@given(st.text(alphabet=GSM7 + CHINESE + "😀🏃✅", max_size=300))
def test_parts_agree_with_smsutil_on_mixed_text(text):
    parts = count_parts(text)

    assert oracle(text) == (parts.encoding, parts.segments)


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=300))
def test_parts_never_fall_short_of_smsutil_which_cuts_characters_in_two(text):
    # smsutil takes ESC for a character of its own; Twilio does not.
    text = text.replace("\x1b", "")
    parts, (encoding, segments) = count_parts(text), oracle(text)

    assert encoding == parts.encoding
    assert parts.segments >= segments
    assert parts.segments == segments or not stands_alone(text)


@given(st.text(max_size=200))
def test_graphemes_are_the_text_and_never_empty(text):
    pieces = list(graphemes(text))

    assert text == "".join(pieces)
    assert all(pieces)


def test_units_and_offending_characters_are_named():
    parts = count_parts("ab€ 赛赛事")

    assert ("UCS-2", 7, ("赛", "事")) == (parts.encoding, parts.units, parts.offending)
    assert 4 == count_parts("ab€").units


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("  one \n\n two\tthree  ", "one\ntwo three"),
        ("“Don’t” – wait…", '"Don\'t" - wait...'),
        ("07:30\u00a0today", "07:30 today"),
        ("→ 3 × 5 km", "-> 3 x 5 km"),
        ("zero\u200bwidth", "zerowidth"),
        # Something else needs UCS-2 anyway: the typography stays as written.
        ("“请勿前往” – 07:30", "“请勿前往” – 07:30"),
        ("Łódź – “stop here”", "Łódź – “stop here”"),
    ],
)
def test_text_becomes_gsm7_where_all_of_it_can(written, sent):
    assert sent == plain_sms(written)


@given(st.text(max_size=200))
def test_plain_sms_settles_at_once_and_never_costs_more(text):
    once = plain_sms(text)

    assert once == plain_sms(once)
    assert not all(map(is_gsm7, text)) or all(map(is_gsm7, once))
    assert count_parts(once).segments <= max(count_parts(text).segments, 1) or "…" in text
