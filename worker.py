"""One RQ worker process for one channel: ``python worker.py sms`` (or push, email)."""

from __future__ import annotations

import sys

from notify.bootstrap import check_redis, redis_url
from notify.cli.app import end_with_line
from notify.config import CHANNELS
from notify.jobs import installation
from notify.logs import configure
from notify.queueing.worker import worker


def main(arguments: list[str]) -> int:
    """Listen to the one queue named."""
    if len(arguments) != 1 or arguments[0] not in CHANNELS:
        sys.stderr.write(f"usage: python worker.py {'|'.join(CHANNELS)}\n")
        return 2
    configure()
    settings = installation().settings
    check_redis(settings)
    worker(redis_url(settings), arguments[0]).work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception as failed:  # noqa: BLE001 - a bug of ours is raised again there
        end_with_line(failed)
