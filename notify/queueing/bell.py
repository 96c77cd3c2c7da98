"""The bell: RQ jobs that wake the workers of a channel. A lost ring loses nothing."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from notify.domain.delivery import Channel
from notify.logs import logger
from notify.queueing.connection import connect, worker_connection

log = logger(__name__)

QUEUES: Mapping[Channel, str] = {channel: channel.value for channel in Channel}
"""One RQ queue per channel, and one queue per worker process: a worker on two queues pops without
BLMOVE, and a job it dies with is gone for good."""

DRAIN_JOB = "notify.jobs.drain"

EVENTS = "notify:events"
"""The publish/subscribe channel on which open pages hear that something changed."""

JOB_TIMEOUT_S = 90
FAILURE_TTL_S = 86_400


class RqBell:
    """Rings by enqueuing a job that names a channel, nothing else.

    ``workers`` says how many processes listen per channel: more waiting jobs would wake nobody.
    """

    def __init__(self, url: str, *, workers: Mapping[str, int]) -> None:
        self._url = url
        self._workers = workers
        self._redis: Redis | None = None

    def ring(self, channels: Sequence[Channel]) -> bool:
        """Wake the workers of ``channels``; return whether Redis could be reached."""
        try:
            for channel in channels:
                self._ring(channel)
        except RedisError as error:
            log.warning("bell.unreachable", error=type(error).__name__)
            return False
        return True

    def _ring(self, channel: Channel) -> None:
        queue = Queue(QUEUES[channel], connection=self._client(), serializer=JSONSerializer)
        for _ in range(max(0, self._workers.get(channel, 1) - len(queue))):
            queue.enqueue_call(
                DRAIN_JOB,
                kwargs={"channel": channel.value},
                timeout=JOB_TIMEOUT_S,
                # A result kept would let RQ run a finished job again after a crash (RQ 3.0.0).
                result_ttl=0,
                failure_ttl=FAILURE_TTL_S,
                description=f"drain {channel.value}",
            )

    def announce(self, topic: str) -> None:
        """Tell open pages that ``topic`` changed; best effort."""
        try:
            self._client().publish(EVENTS, topic)
        except RedisError as error:
            log.warning("announce.unreachable", error=type(error).__name__)

    def announcements(self, *, timeout: float) -> Generator[str | None]:
        """Yield each topic announced, and ``None`` whenever ``timeout`` seconds brought none.

        Raises ``redis.exceptions.RedisError`` when Redis is, or goes, away.
        """
        client = worker_connection(self._url)
        subscription: PubSub = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        try:
            subscription.subscribe(EVENTS)
            while True:
                message = subscription.get_message(timeout=timeout)
                yield None if message is None else message["data"].decode()
        finally:
            subscription.close()
            client.close()

    def alive(self) -> dict[Channel, int]:
        """Return how many workers listen per channel; raises ``RedisError`` if Redis is away."""
        queues = [
            name
            for worker in Worker.all(connection=self._client(), serializer=JSONSerializer)
            for name in worker.queue_names()
        ]
        return {channel: queues.count(name) for channel, name in QUEUES.items()}

    def _client(self) -> Redis:
        if self._redis is None:
            self._redis = connect(self._url)
        return self._redis
