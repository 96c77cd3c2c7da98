"""One RQ worker process for one channel: ``python worker.py sms`` (or push, email)."""

from __future__ import annotations

import sys

from rq import Queue, Worker
from rq.serializers import JSONSerializer

from notify.bootstrap import redis_url
from notify.config import CHANNELS
from notify.jobs import installation
from notify.logs import configure
from notify.queueing.connection import worker_connection


def main(arguments: list[str]) -> int:
    """Listen to the one queue named; several would lose jobs when a worker dies."""
    if len(arguments) != 1 or arguments[0] not in CHANNELS:
        sys.stderr.write(f"usage: python worker.py {'|'.join(CHANNELS)}\n")
        return 2
    configure()
    connection = worker_connection(redis_url(installation().settings))
    queue = Queue(arguments[0], connection=connection, serializer=JSONSerializer)
    worker = Worker(
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        default_result_ttl=0,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=10,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
