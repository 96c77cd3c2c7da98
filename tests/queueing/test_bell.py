"""The bell: it rings once per worker at most, carries no person, and is never worth waiting for."""

from __future__ import annotations

import json
import os
import signal
import time
import zlib
from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from notify.domain.delivery import Channel
from notify.queueing.bell import DRAIN_JOB, EVENTS, QUEUES, RqBell
from tests.usecases.together import InThread

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis(redis_url) -> Iterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    client.close()


def waiting(redis: Redis, channel: Channel):
    return Queue(QUEUES[channel], connection=redis, serializer=JSONSerializer).jobs


def test_a_ring_is_one_job_per_worker_on_the_channels_own_queue(redis_url, redis):
    bell = RqBell(redis_url, workers={"sms": 3, "push": 1, "email": 0})

    assert bell.ring([Channel.SMS, Channel.PUSH, Channel.EMAIL])

    assert [3, 1, 0] == [len(waiting(redis, channel)) for channel in Channel]


def test_ringing_again_adds_nothing_while_jobs_wait(redis_url, redis):
    bell = RqBell(redis_url, workers={"sms": 2})

    for _ in range(5):
        bell.ring([Channel.SMS])
    waiting(redis, Channel.SMS)[0].delete()
    bell.ring([Channel.SMS])

    assert 2 == len(waiting(redis, Channel.SMS))


def kept_in_redis(redis: Redis, job) -> bytes:
    """Return what Redis keeps of a job's call."""
    data = redis.hget(job.key, "data")
    assert isinstance(data, bytes)
    return zlib.decompress(data)


def test_a_job_names_a_channel_and_nothing_else(redis_url, redis):
    RqBell(redis_url, workers={}).ring([Channel.SMS])

    [job] = waiting(redis, Channel.SMS)
    assert (DRAIN_JOB, (), {"channel": "sms"}) == (job.func_name, tuple(job.args), job.kwargs)
    assert (0, "drain sms") == (job.result_ttl, job.description)
    assert ["notify.jobs.drain", None, [], {"channel": "sms"}] == json.loads(
        kept_in_redis(redis, job)
    )


def test_without_redis_a_ring_says_so_and_does_not_raise():
    began = time.monotonic()

    rung = RqBell(NOBODY, workers={}).ring(list(Channel))

    assert not rung
    assert time.monotonic() - began < 30, "it waited as if a ring were worth it"


def test_without_redis_an_announcement_is_lost_quietly():
    RqBell(NOBODY, workers={}).announce("incidents")


def test_a_redis_that_hangs_is_given_up(make_redis):
    """No answer at all, not even a refusal: the socket's own time-out must end it."""
    server = make_redis()
    bell = RqBell(server.url, workers={})
    assert bell.ring([Channel.SMS])
    os.kill(server.pid, signal.SIGSTOP)
    try:
        hanging = InThread(lambda: bell.ring(list(Channel)))
        assert not hanging.result()
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_the_bell_works_again_after_redis_comes_back(make_redis):
    server = make_redis(appendonly=True)
    bell = RqBell(server.url, workers={})
    bell.ring([Channel.SMS])
    server.kill()
    lost = bell.ring([Channel.SMS])

    server.start()

    assert not lost
    assert bell.ring([Channel.SMS])


def test_open_pages_hear_what_is_announced(redis_url, redis):
    bell = RqBell(redis_url, workers={})
    heard = bell.announcements(timeout=0.2)
    first = next(heard)
    while not redis.pubsub_numsub(EVENTS)[0][1]:
        next(heard)

    bell.announce("incidents")
    topic = next(filter(None, heard))
    heard.close()

    assert (None, "incidents") == (first, topic)


def test_nobody_alive_is_counted_as_none(redis_url, redis):
    assert dict.fromkeys(Channel, 0) == RqBell(redis_url, workers={}).alive()


def test_every_channel_has_its_own_queue():
    assert len(Channel) == len(set(QUEUES.values()))
