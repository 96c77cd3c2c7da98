"""What RQ calls. Each job carries ids only, tolerates unknown arguments, and calls one use case."""

from __future__ import annotations

from functools import cache

from notify.bootstrap import build, load_settings
from notify.domain.delivery import Channel
from notify.usecases.deliver import deliver
from notify.usecases.services import Services

BUDGET_S = 60.0
"""A drain stops by itself well before RQ's time-out, which may strike in mid-send."""


@cache
def installation() -> Services:
    """Return the services of this worker; made before the first fork, so that no job waits."""
    return build(load_settings())


def drain(*, channel: str, **_ignored: object) -> None:
    """Send what is due on ``channel``; ring again if the time ran out first."""
    services = installation()
    # A connection of the parent must not be shared by the child that runs this job.
    services.database.dispose()
    name = Channel(channel)
    if deliver(name, budget_s=BUDGET_S, services=services).more:
        services.bell.ring([name])
