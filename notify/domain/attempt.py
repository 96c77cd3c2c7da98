"""When to try again, and how long a claim is good for."""

from __future__ import annotations

LEASE_S = 15.0
"""A claim is ours this long: longer than one provider call, short enough that a dead
worker's rows are looked after within half a minute."""

CALL_S = 12.0
"""The longest a provider call may take in all: connect 3, read 10, 12 together."""

SETTLE_S = 5.0
"""How long to let a lost answer settle before anybody decides that the message did not leave."""

CREDENTIALS_WAIT_S = 15.0
"""After our own sign-in was refused: long enough not to hammer, short enough to heal in time."""

_FIRST_S, _LONGEST_S = 1.0, 60.0


ASK_EVERY_S = 5.0
"""Between two questions about one message: a provider lists what it took within that."""

MISSES = 2
"""After so many answers "not known" a message counts as never taken."""


def retry_wait(attempt: int) -> float:
    """Return the seconds to wait after failed ``attempt`` (from 1): 1, 2, 4 … 60."""
    # A provider away for a day means more attempts than a float has powers of two.
    doublings = min(max(0, attempt - 1), 16)
    return min(_LONGEST_S, _FIRST_S * 2.0**doublings)


def may_still_call(lease_left: float) -> bool:
    """Return whether a provider call begun now surely ends while the claim is ours.

    A process that was frozen after its claim must not send what somebody else may be sending.
    """
    return lease_left >= CALL_S
