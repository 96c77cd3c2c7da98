"""One ``SimpleWorker`` of the naive design: ``python -m benchmarks.naive_worker sms REDIS-URL``.

Says ``ready`` in Redis, waits for the word to begin, works its queue until it is empty, says
``done``, and stays to be measured until told to leave.
"""

from __future__ import annotations

import sys

from redis import Redis
from rq import Queue, SimpleWorker

from benchmarks.naive_jobs import made

WAIT_S = 120


def main(arguments: list[str]) -> int:
    """Run one worker on the queue of the channel named."""
    channel, url = arguments
    with Redis.from_url(url) as redis:
        made()
        redis.rpush("naive:ready", channel)
        redis.blpop([f"naive:go:{channel}"], timeout=WAIT_S)
        queue = Queue(f"naive-{channel}", connection=redis)
        SimpleWorker([queue], connection=redis).work(burst=True, logging_level="WARNING")
        redis.rpush("naive:done", channel)
        redis.blpop([f"naive:leave:{channel}"], timeout=WAIT_S)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
