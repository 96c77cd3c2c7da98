"""What RQ calls. Each job carries ids only, tolerates unknown arguments, and calls one use case."""

from __future__ import annotations

from notify.bootstrap import build, load_settings
from notify.domain.delivery import Channel
from notify.usecases.deliver import deliver

BUDGET_S = 60.0
"""A drain stops by itself well before RQ's time-out, which may strike in mid-send."""


def drain(*, channel: str, **_ignored: object) -> None:
    """Send what is due on ``channel``; ring again if the time ran out first."""
    services = build(load_settings())
    name = Channel(channel)
    if deliver(name, budget_s=BUDGET_S, services=services).more:
        services.bell.ring([name])
