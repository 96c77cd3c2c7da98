"""Fault plans from YAML or JSON; a wrong one is refused with its file, rule and key."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from notify.simulator.faults import CHANNELS, Effect, FaultPlan, Match, Rule

Check = Callable[[object], str | None]
HTTP = frozenset({"sms", "push"})
ANY = frozenset(CHANNELS)
SMS = frozenset({"sms"})
EMAIL = frozenset({"email"})


class FaultFileError(ValueError):
    """A fault plan that cannot be used; the text names the file, the rule and what to change."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Where an effect can happen and which fields it takes and needs."""

    channels: frozenset[str]
    fields: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


REFUSAL = frozenset({"status", "code", "message", "retry_after"})
SPOILT = frozenset({"accepted"})
KINDS = {
    "error": Kind(HTTP, REFUSAL),
    "accept_then_500": Kind(HTTP, REFUSAL),
    "accept_then_close": Kind(ANY),
    "accept_then_cut": Kind(HTTP),
    "close_before_accept": Kind(ANY),
    "hang": Kind(ANY, frozenset({"seconds", "accepted"}), frozenset({"seconds"})),
    "latency": Kind(ANY, frozenset({"seconds"}), frozenset({"seconds"})),
    "bad_json": Kind(HTTP, SPOILT),
    "html_200": Kind(HTTP, SPOILT),
    "no_sid": Kind(HTTP, SPOILT),
    "wrong_sid": Kind(HTTP, SPOILT),
    "huge_body": Kind(HTTP, frozenset({"accepted", "size"})),
    "smtp_reply": Kind(EMAIL, frozenset({"at", "code", "message"}), frozenset({"code"})),
    "receipt": Kind(SMS, frozenset({"final", "code"})),
    "receipt_duplicate": Kind(SMS, frozenset({"times"})),
    "receipt_reorder": Kind(SMS),
    "receipt_drop": Kind(SMS, frozenset({"which"})),
    "receipt_delay": Kind(SMS, frozenset({"seconds"}), frozenset({"seconds"})),
    "receipt_forge": Kind(SMS),
}


def _number(low: float, high: float) -> Check:
    def check(value: object) -> str | None:
        fine = isinstance(value, int | float) and not isinstance(value, bool)
        return None if fine and low <= value <= high else f"a number from {low:g} to {high:g}"  # type: ignore[operator]

    return check


def _whole(low: int, high: int) -> Check:
    def check(value: object) -> str | None:
        fine = isinstance(value, int) and not isinstance(value, bool)
        return None if fine and low <= value <= high else f"a whole number from {low} to {high}"  # type: ignore[operator]

    return check


def _one_of(*allowed: str) -> Check:
    return lambda value: None if value in allowed else "one of " + ", ".join(allowed)


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value else "text (put digits in quotes)"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _code(value: object) -> str | None:
    fine = isinstance(value, int | str) and not isinstance(value, bool)
    return None if fine else "a provider's code: a number, or a name such as UNREGISTERED"


def _pattern(value: object) -> str | None:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error:
        return "a regular expression"
    return None


DAY = 86_400.0
MATCH_CHECKS: dict[str, Check] = {
    "channel": _one_of(*CHANNELS),
    "operation": _one_of("send", "lookup", "token"),
    "to_suffix": _text,
    "to_regex": _pattern,
    "every": _whole(1, 1_000_000_000),
    "first": _whole(1, 1_000_000_000),
    "probability": _number(0, 1),
    "after_s": _number(0, DAY),
    "for_s": _number(0, DAY),
}
EFFECT_CHECKS: dict[str, Check] = {
    "status": _whole(400, 599),
    "code": _code,
    "message": _text,
    "retry_after": _number(0, DAY),
    "seconds": _number(0, DAY),
    "accepted": _flag,
    "size": _whole(1, 1 << 40),
    "at": _one_of("rcpt", "data", "dot"),
    "final": _one_of("undelivered", "failed", "delivered", "sent"),
    "times": _whole(2, 20),
    "which": _one_of("all", "sent", "final"),
}


def load_faults(path: Path) -> FaultPlan:
    """Read a plan from a YAML or JSON file; FaultFileError says what is wrong with it and where."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))  # JSON is YAML
    except OSError as error:
        raise FaultFileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FaultFileError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise FaultFileError(f"{path}{where}: {problem}") from error
    return parse_faults(document, str(path))


def parse_faults(document: object, source: str) -> FaultPlan:
    """Make a plan of a list of rules, or of `{seed, rules}`; `source` names it in errors."""
    if document is None:
        document = []
    if isinstance(document, list):
        document = {"rules": document}
    if not isinstance(document, dict):
        raise FaultFileError(f"{source}: expected a list of rules, or seed and rules")
    _known(document, {"seed", "rules"}, source)
    seed, rules = document.get("seed", 0), document.get("rules", [])
    if problem := _whole(0, 1 << 63)(seed):
        raise FaultFileError(f"{source}: seed: expected {problem}")
    if not isinstance(rules, list):
        raise FaultFileError(f"{source}: rules: expected a list")
    return FaultPlan([_rule(rule, i, seed, source) for i, rule in enumerate(rules, 1)], seed)


def _rule(document: object, number: int, seed: int, source: str) -> Rule:
    """Make the rule with this number, counted from 1."""
    where = f"{source}: rule {number}"
    if not isinstance(document, dict):
        raise FaultFileError(f"{where}: expected match and effect")
    if isinstance(document.get("name"), str):
        where += f" ({document['name']})"
    _known(document, {"name", "match", "effect"}, where)
    match = _match(_section(document, "match", where), where)
    effect = _effect(_section(document, "effect", where), match, where)
    return Rule(
        name=str(document.get("name", f"rule {number}")),
        match=match,
        effect=effect,
        source=document,
        # Its own stream per rule: adding a rule does not change what the others do.
        random=random.Random(f"{seed}:{number}"),  # noqa: S311 - chance, not secrecy
    )


def _section(document: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    section = document.get(key, {})
    if not isinstance(section, dict):
        raise FaultFileError(f"{where}: {key}: expected keys and values")
    return section


def _match(section: dict[str, Any], where: str) -> Match:
    """Check and convert the conditions of a rule."""
    _checked(section, MATCH_CHECKS, f"{where}: match")
    pattern = section.get("to_regex")
    return Match(**{**section, "to_regex": re.compile(pattern) if pattern else None})


def _effect(section: dict[str, Any], match: Match, where: str) -> Effect:
    """Check the effect against its kind and against the channel it is for."""
    kind = section.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise FaultFileError(f"{where}: effect: kind: expected one of {', '.join(KINDS)}")
    rules, fields = KINDS[kind], {name: section[name] for name in section if name != "kind"}
    where = f"{where}: effect: {kind}"
    _known(fields, rules.fields, where)
    _checked(fields, EFFECT_CHECKS, where)
    if missing := rules.needs - fields.keys():
        raise FaultFileError(f"{where}: needs {', '.join(sorted(missing))}")
    if kind == "error" and not fields.keys() & {"status", "code"}:
        raise FaultFileError(f"{where}: needs status, code or both")
    if kind == "smtp_reply" and _whole(400, 599)(fields["code"]):
        raise FaultFileError(f"{where}: code: expected a reply from 400 to 599")
    if kind == "receipt" and "code" in fields and _whole(10_000, 99_999)(fields["code"]):
        raise FaultFileError(f"{where}: code: expected a Twilio error number such as 30003")
    _placed(kind, rules, match, where)
    return Effect(kind=kind, **fields)


def _placed(kind: str, rules: Kind, match: Match, where: str) -> None:
    """Refuse an effect on a channel or an operation where it can never happen."""
    reached = ANY if match.channel is None else {match.channel}
    if not reached <= rules.channels and not kind.startswith("receipt"):
        raise FaultFileError(
            f"{where}: set match: channel to one of {', '.join(sorted(rules.channels))}"
        )
    if kind.startswith("receipt") and match.channel not in (None, "sms"):
        raise FaultFileError(f"{where}: only SMS have receipts")
    if match.operation == "lookup" and match.channel != "sms":
        raise FaultFileError(f"{where}: lookup is for channel sms only")
    if match.operation == "token" and match.channel != "push":
        raise FaultFileError(f"{where}: token is for channel push only")


def _known(document: dict[Any, Any], allowed: set[str] | frozenset[str], where: str) -> None:
    for key in document:
        if key not in allowed:
            expected = ", ".join(sorted(allowed)) or "nothing else"
            raise FaultFileError(f"{where}: unknown key {key!r}; expected {expected}")


def _checked(section: dict[str, Any], checks: dict[str, Check], where: str) -> None:
    _known(section, frozenset(checks), where)
    for key, value in section.items():
        if problem := checks[key](value):
            raise FaultFileError(f"{where}: {key}: expected {problem}, found {value!r}")
