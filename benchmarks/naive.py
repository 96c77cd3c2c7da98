"""The naive design, measured on the same providers: one RQ job and one commit per message."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from redis import Redis
from rq import Queue
from sqlalchemy import func, insert, select

from benchmarks.measure import Meter
from benchmarks.naive_jobs import DATABASE_URL, Base, Message, send_message
from benchmarks.stage import BenchmarkFailed, Stage
from notify.bootstrap import redis_url
from notify.store.deliveries import DeliveryRow, LaneRow, RecipientRow
from notify.store.engine import Database
from notify.usecases.services import Services

START_S, RUN_S = 60, 300


def run_naive(stage: Stage, services: Services, notice_id: int, messages: int) -> dict[str, Any]:
    """Send about ``messages`` of the notice's again, in its mix of channels; return the figures.

    Writing the rows and the jobs is not timed, starting the workers is not either.
    """
    database = Database(stage.naive_database_url)
    url = redis_url(services.settings)
    with Redis.from_url(url, socket_timeout=RUN_S) as redis:
        counts = _copy_rows(services, database, notice_id, messages)
        _enqueue(database, redis)
        workers = {
            channel: stage.start(
                *("-m", "benchmarks.naive_worker", channel, url),
                **{DATABASE_URL: stage.naive_database_url, "NAIVE_CHANNEL": channel},
            )
            for channel in counts
        }
        figures = _timed(stage, redis, workers, sum(counts.values()))
    _check(database, sum(counts.values()), stage)
    database.engine.dispose()
    return figures


def _timed(stage: Stage, redis: Redis, workers: Mapping[str, int], total: int) -> dict[str, Any]:
    _hear(redis, "naive:ready", len(workers), START_S, stage)
    before = stage.accepted()
    with Meter({"workers": list(workers.values()), **stage.parts}, workers) as meter:
        began = time.perf_counter()
        for channel in workers:
            redis.rpush(f"naive:go:{channel}", "go")
        _hear(redis, "naive:done", len(workers), RUN_S, stage)
        seconds = time.perf_counter() - began
    for channel in workers:
        redis.rpush(f"naive:leave:{channel}", "leave")
    if stage.accepted() - before != total:
        raise BenchmarkFailed(f"the naive design did not send {total} messages")
    return {
        "messages": total,
        "seconds": round(seconds, 3),
        "messages_per_s": round(total / seconds, 1),
        "cpu_ms_per_message": meter.cpu_ms_per(total),
        "worker_mib": meter.peak_mib,
    }


def _hear(redis: Redis, key: str, times: int, seconds: float, stage: Stage) -> None:
    """Wait until ``times`` workers have said something under ``key``."""
    for _ in range(times):
        if redis.blpop([key], timeout=seconds) is None:
            raise BenchmarkFailed(f"no {key} within {seconds:.0f} s; {stage.last_words()}")


def _copy_rows(
    services: Services, database: Database, notice_id: int, messages: int
) -> dict[str, int]:
    """Copy the first deliveries of each lane into the naive table; return how many by channel."""
    Base.metadata.create_all(database.engine)
    counts: dict[str, int] = {}
    with services.database.read() as source, database.write() as target:
        lanes = source.execute(
            select(LaneRow.id, LaneRow.channel, LaneRow.size).where(LaneRow.notice_id == notice_id)
        ).all()
        total = sum(lane.size for lane in lanes)
        for lane in lanes:
            share = max(1, min(lane.size, messages * lane.size // total))
            rows = source.execute(_deliveries(lane.id, notice_id).limit(share)).mappings().all()
            target.execute(
                insert(Message),
                [{**row, "channel": lane.channel, "status": "pending"} for row in rows],
            )
            counts[lane.channel] = len(rows)
    return counts


def _deliveries(lane_id: int, notice_id: int) -> Any:
    person = (RecipientRow.notice_id == notice_id) & (
        RecipientRow.registrant_id == DeliveryRow.registrant_id
    )
    return (
        select(
            DeliveryRow.address,
            RecipientRow.first_name.label("name"),
            RecipientRow.bib,
            RecipientRow.course,
        )
        .join(RecipientRow, person)
        .where(DeliveryRow.lane_id == lane_id)
        .order_by(DeliveryRow.position)
    )


def _enqueue(database: Database, redis: Redis) -> None:
    with database.read() as connection:
        rows = connection.execute(select(Message.id, Message.channel)).all()
    for row in rows:
        Queue(f"naive-{row.channel}", connection=redis).enqueue(send_message, row.id)


def _check(database: Database, total: int, stage: Stage) -> None:
    """Refuse figures of a run in which a job failed."""
    with database.read() as connection:
        sent = connection.execute(
            select(func.count()).select_from(Message).where(Message.status == "sent")
        ).scalar_one()
    if sent != total:
        raise BenchmarkFailed(f"the naive design sent {sent} of {total}; {stage.last_words()}")
