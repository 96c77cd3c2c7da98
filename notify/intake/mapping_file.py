"""The mapping file: how to read a registration file whose headers or values are not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, validate

from notify.domain.audience import PaymentResult, RegistrationStatus
from notify.domain.race import Race
from notify.domain.text import LANGUAGES
from notify.intake.dates import DateOrder
from notify.intake.fields import Keyed, StrictSchema
from notify.intake.files import FileRefused
from notify.intake.headers import HEADERS
from notify.intake.yaml_file import read_yaml

ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312", "big5"),
    *("cp1252", "iso-8859-1"),
)
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", ",": ",", ";": ";", "\t": "\t"}


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What the operator says about a file: field → header, and label → meaning per field."""

    columns: Mapping[str, str] = field(default_factory=dict)
    courses: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    payments: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    dates: DateOrder | None = None


def _one_of(choices: tuple[str, ...]) -> fields.String:
    error = "{input} is not known here; choose from {choices}"
    return fields.String(validate=validate.OneOf(choices, error=error))


def _labels(choices: tuple[str, ...]) -> Keyed:
    return Keyed(_one_of(choices), 'the file\'s words: {"Their word": ours}', load_default=dict)


class _Columns(fields.Field[dict[str, str]]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, str]:
        del attr, data, kwargs
        if not isinstance(value, Mapping):
            raise ValidationError('must be the file\'s headers: {phone: "Contact No"}')
        known = ", ".join(HEADERS)
        errors = {
            name: [f"is not one of our columns; choose from {known}"]
            for name in value
            if name not in HEADERS
        }
        errors |= {
            name: ["must be one header of the file"]
            for name, header in value.items()
            if not isinstance(header, str) or not header.strip()
        }
        if errors:
            raise ValidationError(errors)
        return dict(value)


def read_mapping_file(path: Path, race: Race) -> FileMapping:
    """Return the mapping in the YAML file at ``path``, whose courses must be courses of ``race``.

    Raises ``FileRefused`` with every problem found and the line each stands on.
    """
    courses = tuple(course.id for course in race.courses)
    schema = StrictSchema.from_dict(
        {
            "columns": _Columns(load_default=dict),
            "courses": _labels(courses),
            "statuses": _labels(tuple(RegistrationStatus)),
            "payments": _labels(tuple(PaymentResult)),
            "languages": _labels(LANGUAGES),
            "delimiter": _one_of(tuple(_DELIMITERS)),
            "encoding": _one_of(ENCODINGS),
            "dates": _one_of(tuple(DateOrder)),
        }
    )
    document = read_yaml(path)
    try:
        loaded: dict[str, Any] = schema().load(document.value)
    except ValidationError as error:
        raise document.refusal(error) from None
    headers = list(loaded["columns"].values())
    for name, header in loaded["columns"].items():
        if headers.count(header) > 1:
            message = f"{header!r} is used for more than one column; a header has one meaning"
            raise FileRefused(document.problem(("columns", name), message))
    delimiter = _DELIMITERS[loaded.pop("delimiter")] if "delimiter" in loaded else None
    dates = DateOrder(loaded.pop("dates")) if "dates" in loaded else None
    return FileMapping(**loaded, delimiter=delimiter, dates=dates)
