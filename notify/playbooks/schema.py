"""The shape of a playbook file: which keys there are and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from notify.domain.audience import (
    Condition,
    CourseIn,
    CourseUses,
    FactRef,
    LanguageIn,
    NotFinished,
    PaymentResult,
    PaymentWithin,
    RegistrationStatus,
    StatusIn,
    WaveIn,
)
from notify.domain.delivery import Channel
from notify.domain.incident import Severity
from notify.domain.notice import NoticeKind
from notify.domain.playbook import Fact, FactType, WhenUncertain
from notify.domain.text import LANGUAGES

MAX_PRIORITY = 9

_NAME = validate.Regexp(
    r"^[a-z][a-z0-9_]{0,39}$", error="must be lower-case letters, digits and _, e.g. new_start"
)
_DURATION = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


class _Text(fields.Field[dict[str, str]]):
    """One wording per language; every shipped language must be there."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, str]:
        del attr, data, kwargs
        if not isinstance(value, dict):
            raise ValidationError("must have one text per language: {en: …, zh-CN: …}")
        errors = {
            tag: ["must be a text"]
            for tag, text in value.items()
            if not isinstance(text, str) or not text.strip()
        }
        errors |= {tag: ["is not a language tag"] for tag in value if not _LANGUAGE.fullmatch(tag)}
        errors |= {tag: ["missing translation; add it"] for tag in LANGUAGES if tag not in value}
        if errors:
            raise ValidationError(errors)
        return {tag: text.strip() for tag, text in value.items()}


class _Duration(fields.Field[timedelta]):
    """A number of minutes, hours or days, e.g. ``90m``, ``12h``, ``2d``."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> timedelta:
        del attr, data, kwargs
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if not match:
            raise ValidationError("must be a number with m, h or d, e.g. 90m, 12h or 2d")
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _one_of(choices: type[Any]) -> validate.OneOf:
    names = [str(choice) for choice in choices]
    return validate.OneOf(names, error="{input} is not allowed here; choose from {choices}")


def _several_of(choices: type[Any] | None = None) -> Any:
    return fields.List(
        fields.String(validate=_one_of(choices) if choices else None),
        required=True,
        validate=validate.Length(min=1, error="must list at least one"),
    )


class _FactRefSchema(Schema):
    class Meta:
        unknown = RAISE

    fact = fields.String(required=True)


class _PaymentSchema(Schema):
    class Meta:
        unknown = RAISE

    result = _several_of(PaymentResult)
    start = fields.Nested(_FactRefSchema, required=True, data_key="from")
    end = fields.Nested(_FactRefSchema, required=True, data_key="to")


class _Values(fields.Field[Any]):
    """A list of ids, or the fact that holds it: ``[a, b]`` or ``{fact: courses}``."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        del attr, data, kwargs
        if isinstance(value, dict):
            return FactRef(_FactRefSchema().load(value)["fact"])
        return tuple(_several_of().deserialize(value))


def _list_condition(make: type[Any], choices: type[Any] | None = None) -> Any:
    return lambda value: make(tuple(_several_of(choices).deserialize(value)))


def _values_condition(make: type[Any]) -> Any:
    return lambda value: make(_Values().deserialize(value))


def _not_finished(value: Any) -> Condition:
    if value is not True:
        raise ValidationError("can only be true; leave the condition out to include finishers")
    return NotFinished()


def _payment(value: Any) -> Condition:
    loaded = _PaymentSchema().load(value)
    start, end = FactRef(loaded["start"]["fact"]), FactRef(loaded["end"]["fact"])
    return PaymentWithin(tuple(loaded["result"]), start, end)


CONDITIONS: Mapping[str, Any] = {
    "status": _list_condition(StatusIn, RegistrationStatus),
    "course": _values_condition(CourseIn),
    "uses_segment": _values_condition(CourseUses),
    "wave": _values_condition(WaveIn),
    "language": _list_condition(LanguageIn),
    "not_finished": _not_finished,
    "payment": _payment,
}


class _Condition(fields.Field[Condition]):
    """One condition: a mapping with exactly one key."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Condition:
        del attr, data, kwargs
        known = ", ".join(CONDITIONS)
        if not isinstance(value, dict) or len(value) != 1:
            raise ValidationError(f"must be one condition with one key out of {known}")
        ((name, argument),) = value.items()
        if name not in CONDITIONS:
            raise ValidationError({name: [f"is not a condition; choose from {known}"]})
        try:
            condition: Condition = CONDITIONS[name](argument)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from error
        return condition


class _GroupSchema(Schema):
    class Meta:
        unknown = RAISE

    id = fields.String(required=True, validate=_NAME)
    name = _Text(required=True)
    when = fields.List(_Condition(), required=True, validate=validate.Length(min=1))


class FactSchema(Schema):
    """One question of the form; ``load`` gives a ``Fact``."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    id = fields.String(required=True, validate=_NAME)
    type = fields.Enum(FactType, by_value=True, required=True)
    label = _Text(required=True)
    help = _Text()
    options = fields.Dict(keys=fields.String(validate=_NAME), values=_Text())
    required = fields.Boolean(truthy={True}, falsy={False})
    required_when = fields.Dict(keys=fields.String(), values=_several_of())
    optional_in = fields.List(fields.Enum(NoticeKind, by_value=True))
    default = fields.String()
    example = fields.String()
    max_length = fields.Integer(strict=True, validate=validate.Range(1, 500))

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Fact:
        del kwargs
        when = {fact: tuple(values) for fact, values in data.pop("required_when", {}).items()}
        optional_in = frozenset(data.pop("optional_in", ()))
        return Fact(**data, required_when=when, optional_in=optional_in)


class PlaybookSchema(Schema):
    """A whole playbook file; ``load`` gives a dictionary with domain objects in it."""

    class Meta:
        """Unknown keys are errors: a misspelt key must not be silently without effect."""

        unknown = RAISE

    id = fields.String(required=True, validate=_NAME)
    name = _Text(required=True)
    summary = _Text(required=True)
    severity = fields.Enum(Severity, by_value=True, required=True)
    priority = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(
            0, MAX_PRIORITY, error="must be from {min} (most urgent) to {max}, not {input}"
        ),
    )
    facts = fields.List(fields.Nested(FactSchema), required=True, validate=validate.Length(min=1))
    audience = fields.List(_Condition(), required=True, validate=validate.Length(min=1))
    groups = fields.List(fields.Nested(_GroupSchema), load_default=list)
    channels = fields.List(
        fields.Enum(Channel, by_value=True), required=True, validate=validate.Length(min=1)
    )
    kinds = fields.List(fields.Enum(NoticeKind, by_value=True), required=True)
    expires_after = _Duration(required=True)
    promise = fields.String()
    when_uncertain = fields.Enum(WhenUncertain, by_value=True, load_default=WhenUncertain.RESEND)
