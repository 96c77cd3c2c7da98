"""An RQ worker that listens to one queue, set so that a crash loses no bell for long."""

from __future__ import annotations

from rq import Queue, Worker
from rq.serializers import JSONSerializer

from notify.queueing.connection import worker_connection


def worker(url: str, queue: str) -> Worker:
    """Return the worker of ``queue``: of one only, for several would lose jobs when it dies."""
    connection = worker_connection(url)
    return Worker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        default_result_ttl=0,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=10,
        log_job_description=False,
    )
