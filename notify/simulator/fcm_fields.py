"""The shape of an FCM v1 send request, checked as Google's JSON front end checks it.

Field names and types are those of the published discovery document of fcm.googleapis.com v1; a test
compares this table with that document, so that neither drifts from the other.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Type = str | tuple[str, ...] | dict[str, Any]
STRING, BOOLEAN, INT32, FLOAT = "TYPE_STRING", "TYPE_BOOL", "TYPE_INT32", "TYPE_FLOAT"
MAP, STRUCT, STRINGS, DURATIONS = "map", "struct", "strings", "durations"
DURATION = "type.googleapis.com/google.protobuf.Duration"
TIMESTAMP = "type.googleapis.com/google.protobuf.Timestamp"
DURATION_TEXT = re.compile(r"-?\d{1,12}(\.\d{1,9})?s")
TIMESTAMP_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

COLOR: Type = dict.fromkeys(("alpha", "blue", "green", "red"), FLOAT)
LIGHTS: Type = {"color": COLOR, "lightOffDuration": DURATION, "lightOnDuration": DURATION}
LABEL: Type = {"analyticsLabel": STRING}
PRIORITIES = tuple(
    f"PRIORITY_{level}" for level in ("UNSPECIFIED", "MIN", "LOW", "DEFAULT", "HIGH", "MAX")
)
_ANDROID_NOTIFICATION: dict[str, Any] = {
    **dict.fromkeys(
        ("body", "bodyLocKey", "channelId", "clickAction", "color", "icon", "image"), STRING
    ),
    **dict.fromkeys(("sound", "tag", "ticker", "title", "titleLocKey"), STRING),
    **dict.fromkeys(("defaultLightSettings", "defaultSound", "defaultVibrateTimings"), BOOLEAN),
    **dict.fromkeys(("localOnly", "sticky"), BOOLEAN),
    "bodyLocArgs": STRINGS,
    "titleLocArgs": STRINGS,
    "eventTime": TIMESTAMP,
    "lightSettings": LIGHTS,
    "notificationCount": INT32,
    "notificationPriority": PRIORITIES,
    "vibrateTimings": DURATIONS,
    "visibility": ("VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"),
}
_ANDROID: dict[str, Any] = {
    **dict.fromkeys(("bandwidthConstrainedOk", "directBootOk", "restrictedSatelliteOk"), BOOLEAN),
    **dict.fromkeys(("collapseKey", "restrictedPackageName"), STRING),
    "data": MAP,
    "fcmOptions": LABEL,
    "ttl": DURATION,
}
MESSAGE: dict[str, Any] = {
    **dict.fromkeys(("condition", "fid", "name", "token", "topic"), STRING),
    "data": MAP,
    "fcmOptions": LABEL,
    "notification": dict.fromkeys(("body", "image", "title"), STRING),
    "android": {
        **_ANDROID,
        "priority": ("NORMAL", "HIGH"),
        "notification": {
            **_ANDROID_NOTIFICATION,
            "bypassProxyNotification": BOOLEAN,
            "proxy": ("PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"),
        },
    },
    "androidV2": {
        **_ANDROID,
        "backgroundSync": {},
        "remoteNotification": {
            "mutableContent": BOOLEAN,
            "useAsV1DataMessage": BOOLEAN,
            "notification": {**_ANDROID_NOTIFICATION, "id": INT32},
        },
    },
    "apns": {
        "fcmOptions": {"analyticsLabel": STRING, "image": STRING},
        "headers": MAP,
        "liveActivityToken": STRING,
        "payload": STRUCT,
    },
    "webpush": {
        "data": MAP,
        "fcmOptions": {"analyticsLabel": STRING, "link": STRING},
        "headers": MAP,
        "notification": STRUCT,
    },
}
REQUEST: dict[str, Any] = {"message": MESSAGE, "validateOnly": BOOLEAN}


class Violation(NamedTuple):
    """One thing wrong: the field's path and Google's sentence about it."""

    field: str
    description: str


def violations(document: dict[str, Any]) -> list[Violation]:
    """Return everything wrong with the shape of a send request."""
    found: list[Violation] = []
    _object(document, REQUEST, "", found)
    return found


def _object(value: object, fields: dict[str, Any], path: str, found: list[Violation]) -> None:
    if not isinstance(value, dict):
        found.append(_invalid(path, "message", value))
        return
    for name, member in value.items():
        kind = fields.get(name) or fields.get(_camel(name))
        if kind is None and name not in fields:
            text = f'Invalid JSON payload received. Unknown name "{name}"'
            text += f" at '{path}': Cannot find field." if path else ": Cannot find field."
            found.append(Violation(path, text))
        elif member is not None:  # null is the same as left out
            _value(member, kind if kind is not None else {}, _join(path, name), found)


def _value(value: object, kind: Type, path: str, found: list[Violation]) -> None:
    if kind is STRING:
        if not isinstance(value, str):
            found.append(_invalid(path, STRING, value))
    elif isinstance(kind, dict):
        _object(value, kind, path, found)
    elif kind == MAP:
        _map(value, path, found)
    elif kind in (STRINGS, DURATIONS):
        _list(value, STRING if kind == STRINGS else DURATION, path, found)
    elif not _fits(value, kind):
        shown = kind if isinstance(kind, str) else "TYPE_ENUM"
        found.append(_invalid(path, shown, value))


def _map(value: object, path: str, found: list[Violation]) -> None:
    if not isinstance(value, dict):
        found.append(_invalid(path, "Map", value))
        return
    for number, text in enumerate(value.values()):
        if not isinstance(text, str):
            found.append(_invalid(f"{path}[{number}].value", STRING, text))


def _list(value: object, kind: str, path: str, found: list[Violation]) -> None:
    # A single value in place of a list is taken as a list of one, as protocol buffers do.
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        _value(item, kind, f"{path}[{number}]", found)


def _fits(value: object, kind: str | tuple[str, ...]) -> bool:
    """Say whether a scalar is what the field takes, in the spellings of protocol buffers' JSON."""
    if isinstance(kind, tuple):
        return value in kind
    if kind == STRUCT:
        return isinstance(value, dict)
    if kind == BOOLEAN:
        return isinstance(value, bool)
    if kind in (DURATION, TIMESTAMP):
        pattern = DURATION_TEXT if kind == DURATION else TIMESTAMP_TEXT
        return isinstance(value, str) and pattern.fullmatch(value) is not None
    return _number(value, kind)


def _number(value: object, kind: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = float(value)
    except ValueError:
        return False
    return kind == FLOAT or (number.is_integer() and abs(number) < 2**31)


def _invalid(path: str, kind: str, value: object) -> Violation:
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return Violation(path, f"Invalid value at '{path}' ({kind}), {shown}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _camel(name: str) -> str:
    """Return the lowerCamelCase form of a field's original name, which is accepted as well."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
