"""A Redis that would lose jobs is refused, with the reason and what to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from redis import Redis

from notify.queueing.connection import RedisRefused, check


def test_a_good_redis_tells_its_version(redis_url):
    assert check(redis_url)[0].isdecimal()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_throws_keys_away_is_refused(make_redis, policy):
    server = make_redis(maxmemory_policy=policy)

    with pytest.raises(RedisRefused, match=f"maxmemory-policy {policy}.*set it to noeviction"):
        check(server.url)


def test_nobody_at_the_address_is_refused_without_its_password():
    with pytest.raises(RedisRefused) as refused:
        check("redis://:hush@127.0.0.1:1/0")

    assert "check NOTIFY_REDIS_URL" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_wrong_password_is_refused(make_redis):
    server = make_redis()
    with Redis.from_url(server.url) as client:
        client.config_set("requirepass", "right")

    with pytest.raises(RedisRefused, match="AuthenticationError"):
        check(server.url)


def test_a_redis_that_forbids_config_is_asked_otherwise(make_redis):
    server = make_redis(maxmemory_policy="allkeys-lru")
    with Redis.from_url(server.url) as client:
        client.acl_setuser("default", enabled=True, nopass=True, commands=["-config"])

    with pytest.raises(RedisRefused, match="allkeys-lru"):
        check(server.url)


class OldRedis:
    """Answers as a Redis of another version, one line of its protocol at a time."""

    def __init__(self, version: str, policy: bytes) -> None:
        self._version, self._policy = version, policy
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65_536):
                for command in self._commands(request):
                    connection.sendall(self._reply(command))

    @staticmethod
    def _commands(request: bytes) -> Iterator[bytes]:
        words = request.split(b"\r\n")
        for place, word in enumerate(words):
            if word.startswith(b"*"):
                yield words[place + 2].upper()

    def _reply(self, command: bytes) -> bytes:
        if command == b"INFO":
            info = f"redis_version:{self._version}\r\n".encode()
            return b"$%d\r\n%s\r\n" % (len(info), info)
        if command == b"CONFIG":
            return self._policy
        if command == b"HELLO":
            return b"-ERR unknown command\r\n"
        return b"+OK\r\n"

    def close(self) -> None:
        self._server.close()


NOEVICTION = b"*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n"


@pytest.fixture
def old_redis() -> Iterator[type[OldRedis]]:
    made: list[OldRedis] = []

    class Made(OldRedis):
        def __init__(self, version: str, policy: bytes = NOEVICTION) -> None:
            super().__init__(version, policy)
            made.append(self)

    yield Made
    for server in made:
        server.close()


@pytest.mark.parametrize("version", ["5.0.7", "6.0.16"])
def test_a_redis_too_old_is_refused(old_redis, version):
    url = f"redis://127.0.0.1:{old_redis(version).port}?protocol=2"

    with pytest.raises(RedisRefused, match=f"Redis {version} is too old; 6.2 or newer is needed"):
        check(url)


@pytest.mark.parametrize("version", ["6.2.0", "7.2.4", "10.0.0", "8.0-rc1"])
def test_a_newer_redis_is_taken(old_redis, version):
    url = f"redis://127.0.0.1:{old_redis(version).port}?protocol=2"

    assert version == check(url)


def test_a_redis_that_does_not_say_its_policy_is_taken(old_redis):
    url = f"redis://127.0.0.1:{old_redis('7.2.4', b'*0' + bytes([13, 10])).port}?protocol=2"

    assert "7.2.4" == check(url)
