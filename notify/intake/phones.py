"""Phone numbers as people and spreadsheets write them, turned into E.164."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from notify.intake.faults import CellFault, Reason

# 8.61312E+12 and, from a German spreadsheet, 8,61312E+12: the last digits are gone for good.
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="([^"]*)"')  # how spreadsheets are told to keep a number as text
_FLOAT = re.compile(r"(\d{7,15})\.0")  # a number that went through a table of floats
_EXTENSION = re.compile(r"(ext|extn|x|#|分机|转)\.?\s*\d{1,6}$", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]")


def read_phone(text: str, region: str) -> str:
    """Return the number in ``text`` as E.164, read as somebody in ``region`` would dial it.

    ``region`` is an ISO country code, or ``ZZ`` for numbers that must carry their own. Raises
    ``CellFault``: a number libphonenumber calls invalid is not guessed at.
    """
    plain = _plain(text)
    if _SCIENTIFIC.fullmatch(plain):
        raise CellFault(Reason.PHONE_SCIENTIFIC)
    # Letters would be taken for keypad digits, and a remark for a number.
    if _WORDS.search(_EXTENSION.sub("", plain)):
        raise CellFault(Reason.PHONE_INVALID)
    number = _valid(plain, region)
    if number is None and plain.startswith("00"):
        # The international prefix of most of the world, but not of every region's own numbers.
        number = _valid("+" + plain.lstrip("0"), region)
    if number is None:
        raise CellFault(Reason.PHONE_INVALID)
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _plain(text: str) -> str:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    for pattern in (_TEXT_FORMULA, _FLOAT):
        match = pattern.fullmatch(plain)
        plain = match[1] if match else plain
    return plain.lstrip("'").removeprefix("tel:").strip()


def _valid(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    # `is_possible_number` would take 12345, which is a local service number in China.
    return number if phonenumbers.is_valid_number(number) else None
