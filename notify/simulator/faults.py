"""Faults on request: which call is spoilt (rules) and how (effects), repeatable by a seed.

For the answer to a call the first rule that fires decides; for receipts all rules that fire add up.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

CHANNELS = ("sms", "push", "email")


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls a rule is about; a condition left out is always met.

    `operation` is send, lookup (an SMS fetched or listed) or token (OAuth). `every`, `first` and
    `probability` choose among the calls that meet all other conditions. Windows are in seconds
    since the plan was installed.
    """

    channel: str | None = None
    operation: str = "send"
    to_suffix: str | None = None
    to_regex: re.Pattern[str] | None = None
    every: int | None = None
    first: int | None = None
    probability: float | None = None
    after_s: float = 0.0
    for_s: float | None = None

    def covers(self, address: str, elapsed: float) -> bool:
        """Say whether a call to this address, so many seconds into the plan, is meant."""
        if elapsed < self.after_s:
            return False
        if self.for_s is not None and elapsed >= self.after_s + self.for_s:
            return False
        if self.to_suffix is not None and not address.endswith(self.to_suffix):
            return False
        return self.to_regex is None or self.to_regex.search(address) is not None


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to a call; docs/simulator.md has the table of kinds and their fields."""

    kind: str
    status: int | None = None
    code: int | str | None = None
    message: str | None = None
    retry_after: float | None = None
    seconds: float = 0.0
    accepted: bool | None = None
    size: int = 1 << 30
    at: str = "rcpt"
    final: str = "undelivered"
    times: int = 2
    which: str = "all"


@dataclass(slots=True)
class Rule:
    """One line of a plan with its own counters and its own random numbers."""

    name: str
    match: Match
    effect: Effect
    source: dict[str, object]
    random: random.Random
    seen: int = 0
    fired: int = 0

    @property
    def about_receipts(self) -> bool:
        """Say whether the effect changes receipts rather than the answer."""
        return self.effect.kind.startswith("receipt")

    def fires(self, address: str, elapsed: float) -> bool:
        """Count the call and say whether the effect applies to it."""
        match = self.match
        if not match.covers(address, elapsed):
            return False
        self.seen += 1
        if match.first is not None and self.fired >= match.first:
            return False
        if match.every is not None and self.seen % match.every:
            return False
        if match.probability is not None and self.random.random() >= match.probability:
            return False
        self.fired += 1
        return True


@dataclass(slots=True)
class FaultPlan:
    """An ordered list of rules and the seed they were made with."""

    rules: list[Rule] = field(default_factory=list)
    seed: int = 0

    def answers(self, channel: str, operation: str) -> list[Rule]:
        """Return the rules that may spoil the answer to this kind of call, in order."""
        return [
            rule
            for rule in self.rules
            if not rule.about_receipts
            and rule.match.channel in (None, channel)
            and rule.match.operation == operation
        ]

    def describe(self) -> dict[str, object]:
        """Return the plan as it was written, each rule with how often it was met and fired."""
        rules = [{**rule.source, "seen": rule.seen, "fired": rule.fired} for rule in self.rules]
        return {"seed": self.seed, "rules": rules}


class Faults:
    """The plan in force, consulted once per call; an empty plan costs one dictionary look-up."""

    def __init__(self, plan: FaultPlan | None, now: Callable[[], float]) -> None:
        self._now = now
        self.install(plan or FaultPlan())

    def install(self, plan: FaultPlan) -> None:
        """Replace the plan; its windows count from now."""
        self.plan = plan
        self._started = self._now()
        self._answers = {
            (channel, operation): rules
            for channel in CHANNELS
            for operation in ("send", "lookup", "token")
            if (rules := plan.answers(channel, operation))
        }
        self._receipts = [rule for rule in plan.rules if rule.about_receipts]

    def answer(self, channel: str, operation: str, address: str) -> Effect | None:
        """Return the effect of the first rule that fires on this call, if any does."""
        rules = self._answers.get((channel, operation))
        if rules is None:
            return None
        elapsed = self._now() - self._started
        return next((rule.effect for rule in rules if rule.fires(address, elapsed)), None)

    def receipt(self, address: str) -> list[Effect]:
        """Return what all rules that fire do to the receipts of an SMS to this address."""
        if not self._receipts:
            return []
        elapsed = self._now() - self._started
        return [rule.effect for rule in self._receipts if rule.fires(address, elapsed)]
