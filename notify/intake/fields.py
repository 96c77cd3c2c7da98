"""Marshmallow fields for values written by people in YAML, with messages that say what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from notify.domain.text import LANGUAGES
from notify.intake.faults import CellFault
from notify.intake.phones import read_phone

MESSAGES: dict[str, Any] = {"required": "is missing; add it", "null": "is empty; fill it in"}

NAME = validate.Regexp(
    r"[a-z0-9][a-z0-9_-]{0,63}\Z",
    error="must be lower-case letters, digits, - and _, at most 64, e.g. lakeshore-2026",
)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class StrictSchema(Schema):
    """A mapping in which a key nobody knows is a mistake."""

    error_messages = {  # noqa: RUF012 (marshmallow declares it as an instance's)
        "unknown": "is not known here; check the spelling",
        "type": "must be keys and values, one `key: value` per line",
    }

    class Meta:
        """Refuse unknown keys."""

        unknown = RAISE


def words(longest: int = 200) -> fields.String:
    """Return a required field for one line of text of at most ``longest`` characters."""
    return fields.String(
        required=True,
        error_messages=MESSAGES | {"invalid": "must be a text"},
        validate=[
            validate.Regexp(r".*\S", error="is empty; fill it in"),
            validate.Regexp(r"[^\x00-\x1f\x7f]*\Z", error="must be one line of text"),
            validate.Length(max=longest, error="is longer than {max} characters; shorten it"),
        ],
    )


def listed(inner: fields.Field[Any] | type[Schema], **options: Any) -> fields.List[Any]:
    """Return a field for a list of ``inner``."""
    item = inner if isinstance(inner, fields.Field) else fields.Nested(inner)
    messages = MESSAGES | {"invalid": "must be a list"}
    return fields.List(item, error_messages=messages, **options)


def kilometres() -> fields.Float:
    """Return a required field for a distance from the start, in kilometres."""
    wrong = "must be a number of kilometres, e.g. 21.0975"
    return fields.Float(
        required=True,
        error_messages=MESSAGES | {"invalid": wrong, "special": wrong},
        validate=validate.Range(min=0, max=1000, error="must be between 0 and 1000 kilometres"),
    )


class Keyed(fields.Field[dict[str, Any]]):
    """A mapping of freely chosen names to one kind of value."""

    def __init__(self, inner: fields.Field[Any], what: str, **options: Any) -> None:
        super().__init__(error_messages=MESSAGES, **options)
        self.inner = inner
        self.what = what

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, Any]:
        del attr, data, kwargs
        if not isinstance(value, Mapping):
            raise ValidationError(f"must be {self.what}")
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for name, inner in value.items():
            try:
                found[name] = self.inner.deserialize(inner)
            except ValidationError as error:
                errors[name] = error.messages
        if errors:
            raise ValidationError(errors)
        return found


class Words(fields.Field[dict[str, str]]):
    """One text per language, e.g. ``{en: Marathon, zh-CN: 马拉松}``."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, str]:
        del attr, data, kwargs
        if not isinstance(value, Mapping) or not value:
            raise ValidationError("must have one text per language: {en: …, zh-CN: …}")
        return read_words(value)


def read_words(value: Mapping[str, Any]) -> dict[str, str]:
    """Return one text per language; raises ``ValidationError`` naming the languages at fault."""
    known = ", ".join(LANGUAGES)
    errors: dict[str, list[str]] = {}
    for tag, text in value.items():
        if tag not in LANGUAGES:
            errors[tag] = [f"is not a language of this system; choose from {known}"]
        elif not isinstance(text, str) or not text.strip():
            errors[tag] = ["must be a text"]
    if errors:
        raise ValidationError(errors)
    return {tag: text.strip() for tag, text in value.items()}


class WallClock(fields.Field[datetime]):
    """A date and time as the clocks at the race show it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        del attr, data, kwargs
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            moment = None
        if moment is None or len(value) <= len("2026-12-06"):
            raise ValidationError("must be a date and time, e.g. 2026-12-06T07:30")
        if moment.tzinfo is not None:
            raise ValidationError("must be the race's own clock: leave the offset out")
        return moment


class ClockTime(fields.Field[time]):
    """A time of day, hours and minutes."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> time:
        del attr, data, kwargs
        match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if not match:
            raise ValidationError('must be a time from 00:00 to 23:59, e.g. "07:30"')
        return time(int(match[1]), int(match[2]))


class InternationalPhone(fields.Field[str]):
    """A phone number that starts with + and its country code; kept as it is written."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        del attr, data, kwargs
        try:
            if isinstance(value, str) and value.startswith("+"):
                read_phone(value, "ZZ")
                return value
        except CellFault:
            pass
        raise ValidationError('must be a phone number with + and country code: "+1 312 555 0100"')
