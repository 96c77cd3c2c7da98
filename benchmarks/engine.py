"""Our own design, measured: one notice to a whole race through the real worker processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import event, func, select

from benchmarks.measure import Meter
from benchmarks.race import RaceFiles, RaceSize, write_files
from benchmarks.stage import BenchmarkFailed, Stage
from notify.bootstrap import build, load_settings, redis_url
from notify.domain.delivery import DeliveryStatus
from notify.queueing.bell import RqBell
from notify.simulator.sample import sample_facts
from notify.store.deliveries import DeliveryRow
from notify.store.migrations import upgrade
from notify.store.progress import accepted_between
from notify.store.races import RaceRow
from notify.usecases.add_race import AddRace, add_race
from notify.usecases.compose import Request
from notify.usecases.import_registrants import ImportRegistrants, import_registrants
from notify.usecases.launch import Launched
from notify.usecases.services import Services
from notify.usecases.trigger import Trigger, trigger

PLAYBOOK = "weather_cancellation"
POLL_S = 0.1
STUCK_S = 60.0
"""Without a new acceptance for this long there will be none."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A race in the database."""

    race_id: str
    name: str
    people: int
    import_s: float


def load(stage: Stage, size: RaceSize, services: Services) -> Loaded:
    """Import the race, as an organiser would."""
    upgrade(services.settings.database_url)
    files: RaceFiles = write_files(size, stage.home, now=services.now())
    add_race(AddRace(files.race), database=services.database, now=services.now)
    with services.database.read() as connection:
        race_id = connection.execute(select(RaceRow.id)).scalar_one()
    began = time.perf_counter()
    report = import_registrants(
        ImportRegistrants(files.registrants, race_id, skip_refused=True),
        database=services.database,
        now=services.now,
    )
    return Loaded(race_id, files.name, report.accepted, round(time.perf_counter() - began, 2))


def services_of(stage: Stage) -> Services:
    """Return the services as the stage's processes see them."""
    return build(load_settings(stage.environment))


def run_engine(stage: Stage, loaded: Loaded, services: Services) -> tuple[int, dict[str, Any]]:
    """Send one notice; return its id and the figures."""
    workers = stage.start_workers()
    _wait_for_workers(stage, services)
    parts = {"workers": list(workers.values()), **stage.parts}
    before = stage.accepted()
    with Meter(parts, workers) as meter, _moments_of_commits(services) as commits:
        began = time.time()
        launched = _launch(services, loaded.race_id)
        messages = sum(launched.deliveries.values())
        _wait_for_acceptance(stage, before + messages)
        last_at = _wait_for_records(stage, services, launched.notice_id)
    _check(stage, services, messages, before)
    seconds = last_at - commits[0]
    return launched.notice_id, {
        "messages": messages,
        "by_channel": {str(name): size for name, size in launched.deliveries.items()},
        "trigger_s": round(commits[0] - began, 3),
        "seconds": round(seconds, 3),
        "messages_per_s": round(messages / seconds, 1),
        "cpu_ms_per_message": meter.cpu_ms_per(messages),
        "first_accepted_s": round(stage.first_accepted_at() - commits[0], 3),
        "worker_mib": meter.peak_mib,
    }


def _launch(services: Services, race_id: str) -> Launched:
    request = Request(
        playbook_id=PLAYBOOK,
        race_id=race_id,
        typed=sample_facts(PLAYBOOK, services.now()),
        request_id=str(uuid4()),
    )
    return trigger(Trigger(request, actor="benchmark"), services=services)


@contextmanager
def _moments_of_commits(services: Services) -> Iterator[list[float]]:
    """Collect when connections are given back: the first time is right after the commit."""
    moments: list[float] = []

    def given_back(*_: object) -> None:
        moments.append(time.time())

    event.listen(services.database.engine, "checkin", given_back)
    try:
        yield moments
    finally:
        event.remove(services.database.engine, "checkin", given_back)


def _wait_for_workers(stage: Stage, services: Services) -> None:
    deadline = time.monotonic() + STUCK_S
    bell = RqBell(redis_url(services.settings), workers=services.settings.workers)
    while not all(bell.alive().values()):
        stage.check()
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"the workers did not start; {stage.last_words()}")
        time.sleep(POLL_S)


def _wait_for_acceptance(stage: Stage, wanted: int) -> None:
    """Return when the providers hold ``wanted`` messages; asking them costs next to nothing."""
    accepted, since = 0, time.monotonic()
    while accepted < wanted:
        time.sleep(POLL_S)
        stage.check()
        now = stage.accepted()
        if now > accepted:
            accepted, since = now, time.monotonic()
        elif time.monotonic() - since > STUCK_S:
            raise BenchmarkFailed(f"stuck at {accepted} of {wanted}; {stage.last_words()}")


def _wait_for_records(stage: Stage, services: Services, notice_id: int) -> float:
    """Return when the last outcome was recorded, in seconds since the epoch."""
    deadline = time.monotonic() + STUCK_S
    waiting = select(func.count()).where(DeliveryRow.status != DeliveryStatus.ACCEPTED)
    while time.monotonic() < deadline:
        with services.database.read() as connection:
            if not connection.execute(waiting).scalar_one():
                _first, last = accepted_between(connection, notice_id)
                if last is not None:
                    return last.timestamp()
        stage.check()
        time.sleep(POLL_S)
    raise BenchmarkFailed(f"accepted messages were never recorded; {stage.last_words()}")


def _check(stage: Stage, services: Services, messages: int, before: int) -> None:
    """Refuse figures of a run in which a message was lost or sent twice."""
    sent = stage.accepted() - before
    if sent != messages:
        raise BenchmarkFailed(f"{messages} messages were planned, {sent} were sent")
    with services.database.read() as connection:
        rows = connection.execute(select(func.count()).select_from(DeliveryRow)).scalar_one()
    if rows != messages:
        raise BenchmarkFailed(f"{messages} messages were planned, {rows} are in the database")
