"""Connecting to Redis with bounded waits, and refusing one that would lose jobs."""

from __future__ import annotations

import re

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

OLDEST = (6, 2)
"""RQ moves a job atomically (BLMOVE) from this version on; before it a dying worker loses it."""


class RedisRefused(RuntimeError):
    """This Redis cannot be used; the text says why and what to do."""


def connect(url: str, *, timeout: float = 2.0) -> Redis:
    """Return a client that never waits longer than ``timeout`` seconds; nothing is sent yet."""
    return Redis.from_url(
        url,
        socket_connect_timeout=timeout,
        socket_timeout=timeout,
        health_check_interval=15,
        retry=Retry(ConstantBackoff(0.05), 1),
    )


def worker_connection(url: str) -> Redis:
    """Return a client for a worker's blocking read, which waits longer than any command."""
    return Redis.from_url(url, socket_connect_timeout=2.0, health_check_interval=15)


def check(url: str) -> str:
    """Return the server's version; raises ``RedisRefused`` for one that cannot be used."""
    client = connect(url)
    try:
        info = client.info("server")
        policy = _policy(client)
    except RedisError as error:
        message = f"Redis cannot be reached ({type(error).__name__}); check NOTIFY_REDIS_URL"
        raise RedisRefused(message) from error
    finally:
        client.close()
    version = str(info["redis_version"])
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        message = f"Redis {version} is too old; 6.2 or newer is needed"
        raise RedisRefused(message)
    if policy not in {None, "noeviction"}:
        message = (
            f"Redis has maxmemory-policy {policy}, which throws waiting jobs away;"
            " set it to noeviction"
        )
        raise RedisRefused(message)
    return version


def _policy(client: Redis) -> str | None:
    try:
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy")
    except ResponseError:
        # A hosted Redis may forbid CONFIG; then its INFO says it, or nobody does.
        policy = client.info("memory").get("maxmemory_policy")
    return None if policy is None else str(policy)
