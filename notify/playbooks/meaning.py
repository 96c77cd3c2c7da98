"""What a playbook file must mean beyond its shape: every name it uses is one that it declares.

Works on the plain values of the file and tolerates any shape, so that mistakes of meaning are
reported together with mistakes of shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from notify.playbooks.yaml_lines import Path

Problem = tuple[Path, str]

_OFFSET = re.compile(r"[+-]\d{1,5}[mhd]\Z")
_FACT_TYPE_OF = {"course": "courses", "wave": "waves", "uses_segment": "segments"}


def check_meaning(data: dict[Any, Any]) -> Iterator[Problem]:
    """Yield the path and the description of everything in ``data`` that contradicts itself."""
    facts = {str(fact["id"]): fact for _, fact in _entries(data, "facts") if "id" in fact}
    yield from _check_ids(data, "facts")
    yield from _check_ids(data, "groups")
    for at, fact in _entries(data, "facts"):
        yield from _check_choice(fact, ("facts", at))
        yield from _check_required_when(fact, ("facts", at), facts)
        yield from _check_example(fact, ("facts", at))
    for path, condition in _conditions(data):
        yield from _check_condition(condition, path, facts)
    yield from _check_promise(data, facts)
    yield from _check_lists(data)


def _entries(data: dict[Any, Any], key: str) -> Iterator[tuple[int, dict[Any, Any]]]:
    listed = data.get(key)
    for at, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield at, entry


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_ids(data: dict[Any, Any], key: str) -> Iterator[Problem]:
    seen: set[Any] = set()
    for at, entry in _entries(data, key):
        name = entry.get("id")
        if isinstance(name, str) and name in seen:
            yield (key, at, "id"), f"{name!r} is the id of another one already; rename one"
        seen.add(name if isinstance(name, str) else None)


def _check_choice(fact: dict[Any, Any], path: Path) -> Iterator[Problem]:
    is_choice, options = fact.get("type") == "choice", _dict(fact.get("options"))
    if is_choice and not options:
        yield (*path, "options"), "a choice needs options; list them under `options:`"
    if not is_choice and options:
        yield (*path, "options"), "only a fact of type choice has options; remove them"
    default = fact.get("default")
    if is_choice and isinstance(default, str) and options and default not in options:
        known = ", ".join(map(str, options))
        yield (*path, "default"), f"{default!r} is not one of the options {known}"


def _check_example(fact: dict[Any, Any], path: Path) -> Iterator[Problem]:
    example = fact.get("example")
    if fact.get("type") == "datetime" and isinstance(example, str) and not _OFFSET.match(example):
        said = "must say how long after or before the start it is, e.g. +2h, -90m or -1d"
        yield (*path, "example"), said


def _check_required_when(
    fact: dict[Any, Any], path: Path, facts: dict[str, dict[Any, Any]]
) -> Iterator[Problem]:
    for other, values in _dict(fact.get("required_when")).items():
        where: Path = (*path, "required_when", other)
        if other not in facts:
            yield where, _unknown(other, facts)
            continue
        options = _dict(facts[other].get("options"))
        for value in _list(values):
            if options and value not in options:
                known = ", ".join(map(str, options))
                yield where, f"{value!r} is not an option of {other}; it has {known}"


def _unknown(name: object, facts: dict[str, dict[Any, Any]]) -> str:
    return f"{name!r} is not a fact of this playbook; it has {', '.join(facts) or 'none'}"


def _conditions(data: dict[Any, Any]) -> Iterator[tuple[Path, dict[Any, Any]]]:
    for at, condition in _entries(data, "audience"):
        yield ("audience", at), condition
    for at, group in _entries(data, "groups"):
        for number, condition in _entries(group, "when"):
            yield ("groups", at, "when", number), condition


def _check_condition(
    condition: dict[Any, Any], path: Path, facts: dict[str, dict[Any, Any]]
) -> Iterator[Problem]:
    for name, wanted in _FACT_TYPE_OF.items():
        reference = _dict(condition.get(name)).get("fact")
        if reference is not None:
            yield from _check_reference(reference, wanted, (*path, name, "fact"), facts)
    for end in ("from", "to"):
        reference = _dict(_dict(condition.get("payment")).get(end)).get("fact")
        if reference is None:
            continue
        where: Path = (*path, "payment", end, "fact")
        yield from _check_reference(reference, "datetime", where, facts)
        fact = facts.get(str(reference), {"required": True})
        if fact.get("required") is not True or fact.get("optional_in"):
            said = "the audience cannot be found without it"
            yield where, f"{reference!r} must be `required: true` for every kind: {said}"


def _check_reference(
    name: object, wanted: str, path: Path, facts: dict[str, dict[Any, Any]]
) -> Iterator[Problem]:
    fact = facts.get(str(name))
    if fact is None:
        yield path, _unknown(name, facts)
    elif fact.get("type") != wanted:
        yield path, f"{name!r} is a fact of type {fact.get('type')}; a {wanted} fact is needed"


def _check_promise(data: dict[Any, Any], facts: dict[str, dict[Any, Any]]) -> Iterator[Problem]:
    promise = data.get("promise")
    if promise is not None:
        yield from _check_reference(promise, "datetime", ("promise",), facts)


def _check_lists(data: dict[Any, Any]) -> Iterator[Problem]:
    kinds = data.get("kinds")
    if isinstance(kinds, list) and "alert" not in kinds:
        yield ("kinds",), "must include alert: it is what a trigger sends"
    for key in ("kinds", "channels"):
        counts = Counter(map(str, _list(data.get(key))))
        for value in (value for value, count in counts.items() if count > 1):
            yield (key,), f"lists {value} twice; once is enough"
