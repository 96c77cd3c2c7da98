"""The clock: an APScheduler process that finds what is due and rings; it never sends."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from notify.logs import logger
from notify.store.engine import Conflict
from notify.usecases.heartbeat import beat
from notify.usecases.services import Services
from notify.usecases.sweep import sweep

log = logger(__name__)

SWEEP_S = 2
"""Seconds between sweeps: what a lost bell or a dead worker costs at most, beside the lease."""

BEAT_S = 5
_LOOK_S = 0.5


class Clock:
    """One scheduler; several may run, for every sweep is made of conditional updates."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        # A sweep that is late is worth one run, not the runs it missed.
        options = {"trigger": "interval", "coalesce": True, "max_instances": 1}
        self._scheduler.add_job(self._sweep, seconds=SWEEP_S, misfire_grace_time=None, **options)
        self._scheduler.add_job(self._beat, seconds=BEAT_S, misfire_grace_time=None, **options)

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self._beat()
        log.info("clock.started", sweep_s=SWEEP_S)
        self._scheduler.start()
        while not self._stopping.wait(_LOOK_S):
            # Woken now and then: a signal that another thread got does not interrupt this wait.
            pass
        self._scheduler.shutdown()

    def _sweep(self) -> None:
        try:
            sweep(services=self._services)
        except (SQLAlchemyError, Conflict) as error:
            # The database is away, or others sweep too: the next sweep finds out, or says so again.
            log.warning("sweep.failed", error=type(error).__name__)

    def _beat(self) -> None:
        try:
            beat("clock", services=self._services)
        except (SQLAlchemyError, Conflict) as error:
            log.warning("beat.failed", error=type(error).__name__)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping.set()
