"""When the HTTP client opens connections, uses them again, and closes them."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings
from typing import Any

import pytest

from notify.wire import Answer, Lost, NotSent, Origin
from tests.channels.certificates import certified
from tests.services.processes import free_port
from tests.wire.server import OK, SILENCE, Server, ask, asked, serving


def test_a_connection_closed_while_idle_is_seen_before_anything_is_written(run):
    listening = socket.create_server(("127.0.0.1", 0))
    go_on, closed = threading.Event(), threading.Event()
    received: list[bytes] = []

    def serve() -> None:
        first, _ = listening.accept()
        received.append(first.recv(65_536))
        first.sendall(OK)
        go_on.wait()
        first.close()
        closed.set()
        second, _ = listening.accept()
        received.append(second.recv(65_536))
        second.sendall(OK)
        second.close()

    async def scenario() -> Answer:
        origin = Origin(f"http://127.0.0.1:{listening.getsockname()[1]}")
        await ask(origin)
        go_on.set()
        closed.wait()  # on purpose on the event loop: it cannot have noticed
        answer = await ask(origin)
        await origin.close()
        return answer

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    answer = run(scenario())
    thread.join()
    listening.close()

    assert b"ok" == answer.body
    assert 2 == len(received)


def test_a_connection_unused_for_long_is_left(run):
    async def scenario() -> int:
        async with serving([OK, OK]) as server:
            origin = Origin(server.base)
            await ask(origin)
            origin._idle[0].idle_since -= 16
            await ask(origin)
            await origin.close()
            return server.connections

    assert 2 == run(scenario())


def test_exchanges_at_once_have_a_connection_each_and_one_look_up(run):
    async def scenario() -> tuple[Server, int]:
        looked_up: list[str] = []

        class Counting(Origin):
            async def _look_up(self, loop: asyncio.AbstractEventLoop) -> Any:
                looked_up.append(self._host)
                return await super()._look_up(loop)

        async with serving([OK] * 60) as server:
            origin = Counting(server.base)
            for _ in range(3):
                await asyncio.gather(*(ask(origin) for _ in range(20)))
            await origin.close()
            return server, len(looked_up)

    server, look_ups = run(scenario())

    assert (20, 60) == (server.connections, len(server.requests))
    assert 1 == look_ups


def test_a_server_that_never_answers_is_given_up(run):
    async def scenario() -> tuple[Lost, Answer, int]:
        async with serving([SILENCE, OK]) as server:
            origin = Origin(server.base, read_s=0.05)
            with pytest.raises(Lost) as caught:
                await ask(origin)
            patient = Origin(server.base)
            answer = await ask(patient)
            await origin.close()
            await patient.close()
            return caught.value, answer, server.connections

    error, answer, connections = run(scenario())

    assert ("read_timeout", b"ok", 2) == (error.code, answer.body, connections)


def test_a_server_that_never_agrees_on_tls_was_sent_nothing(run):
    async def scenario() -> NotSent:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            origin = Origin(f"https://127.0.0.1:{silent.getsockname()[1]}", connect_s=0.1)
            with pytest.raises(NotSent) as caught:
                await ask(origin)
            await origin.close()
            return caught.value

    assert "connect_timeout" == run(scenario()).code


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:{port}", "http://no-such-host.invalid", "http://" + "a" * 64 + ".invalid"],
)
def test_a_server_that_cannot_be_reached_was_sent_nothing_every_time(run, base):
    async def scenario() -> list[str]:
        origin = Origin(base.format(port=free_port()))
        codes = []
        for _ in range(2):
            with pytest.raises(NotSent) as caught:
                await ask(origin)
            codes.append(caught.value.code)
        await origin.close()
        return codes

    assert ["unreachable"] * 2 == run(scenario())


def test_a_verified_server_is_talked_to_over_one_tls_connection(run, tmp_path):
    server_tls, client_tls = certified(tmp_path)

    async def scenario() -> tuple[Answer, Server]:
        async with serving([OK, OK, OK], tls=server_tls) as server:
            origin = Origin(server.base, tls=client_tls)
            for _ in range(2):
                await ask(origin)
            answer = await ask(origin)
            await origin.close()
            return answer, server

    answer, server = run(scenario())

    assert b"ok" == answer.body
    assert (1, 3) == (server.connections, len(server.requests))


def test_a_server_with_an_untrusted_certificate_was_sent_nothing(run, tmp_path):
    server_tls, _ = certified(tmp_path)

    error, server = run(asked([OK], tls=server_tls))

    assert (NotSent, "tls", []) == (type(error), error.code, server.requests)


def test_a_server_whose_certificate_names_another_was_sent_nothing(run, tmp_path):
    server_tls, client_tls = certified(tmp_path)

    class Here(Origin):
        async def _look_up(self, loop: asyncio.AbstractEventLoop) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", self._port))]

    async def scenario() -> tuple[str, list[bytes]]:
        async with serving([OK], tls=server_tls) as server:
            origin = Here(server.base.replace("127.0.0.1", "race.example.com"), tls=client_tls)
            with pytest.raises(NotSent) as caught:
                await ask(origin)
            await origin.close()
            return caught.value.code, server.requests

    assert ("tls", []) == run(scenario())


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_cancelled_exchange_closes_its_connection(run, tmp_path, encrypted):
    server_tls, client_tls = certified(tmp_path)

    async def scenario() -> tuple[int, int, bytes]:
        async with serving([SILENCE, OK], tls=server_tls if encrypted else None) as server:
            origin = Origin(server.base, tls=client_tls)
            asking = asyncio.create_task(ask(origin))
            while not server.requests:
                await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            while not server.ended:
                await asyncio.sleep(0)
            answer = await ask(origin)
            await origin.close()
            return server.connections, len(server.requests), answer.body

    assert (2, 2, b"ok") == run(scenario())


@pytest.mark.parametrize("steps", range(12))
def test_an_exchange_may_be_cancelled_at_any_moment(run, tmp_path, steps):
    server_tls, client_tls = certified(tmp_path)

    async def scenario() -> bytes:
        async with serving([OK, OK], tls=server_tls) as server:
            origin = Origin(server.base, tls=client_tls)
            asking = asyncio.create_task(ask(origin))
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            answer = await ask(origin)
            await origin.close()
            return answer.body

    assert b"ok" == run(scenario())


@pytest.mark.parametrize("encrypted", [False, True])
def test_nothing_stays_open_behind_a_closed_origin(run, tmp_path, encrypted):
    server_tls, client_tls = certified(tmp_path)

    async def scenario() -> None:
        async with serving([OK, OK, SILENCE, OK], tls=server_tls if encrypted else None) as server:
            origin = Origin(server.base, tls=client_tls)
            await asyncio.gather(ask(origin), ask(origin))
            asking = asyncio.create_task(ask(origin))
            while len(server.requests) < 3:
                await asyncio.sleep(0)
            await origin.close()
            with pytest.raises(Lost):
                await asking
            assert set() == origin._alive
            await ask(origin)
            await origin.close()
            await origin.close()
            while server.ended < server.connections:
                await asyncio.sleep(0)

    gc.collect()  # what other tests left is not meant
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        run(scenario())
        gc.collect()

    assert [] == [str(each.message) for each in caught]
