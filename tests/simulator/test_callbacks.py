from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.simulator.running import RunningSimulator, Start

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
Answer = Callable[[int], bytes]


class Rude:
    """A receiver that answers as told and closes each connection after so many requests.

    `answers` holds one answer per request, b"" for none; after the last it stops listening.
    """

    def __init__(self, answers: list[bytes], per_connection: int) -> None:
        self._answers = answers
        self._per_connection = per_connection
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(10)
        self.port: int = self._server.getsockname()[1]
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(20)

    def _serve(self) -> None:
        with self._server:
            while self._answers:
                connection, _ = self._server.accept()
                with connection:
                    connection.settimeout(10)
                    for _ in range(self._per_connection):
                        if not self._answers or not self._one(connection):
                            break

    def _one(self, connection: socket.socket) -> bool:
        data = b""
        while b"MessageSid" not in data:
            piece = connection.recv(65_536)
            if not piece:
                return False
            data += piece
        self.requests.append(data)
        connection.sendall(self._answers.pop(0))
        return True


@pytest.fixture
def start_rude() -> Iterator[Callable[..., Rude]]:
    started: list[Rude] = []

    def start(answers: list[bytes], per_connection: int = 1) -> Rude:
        started.append(Rude(answers, per_connection))
        return started[-1]

    yield start
    for rude in started:
        rude.join()


def finished(simulator: RunningSimulator) -> dict[str, int]:
    """Ask until no receipt is under way."""
    receipts: dict[str, int] = {"under_way": 1}
    for _ in range(20_000):
        receipts = simulator.get("/_stats")["receipts"]
        if not receipts["under_way"]:
            break
    return receipts


@pytest.mark.parametrize(
    "answer",
    [
        NO_CONTENT,
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
)
def test_a_receiver_may_close_after_every_answer(
    start_simulator: Start, start_rude: Callable[..., Rude], answer: bytes
):
    simulator = start_simulator(receipt_connections=1)
    rude = start_rude([answer] * 4)

    for _ in range(2):
        simulator.sms(StatusCallback=f"http://127.0.0.1:{rude.port}/s")

    rude.join()
    assert 4 == len(rude.requests)
    assert {"posted": 4, "failed": 0, "under_way": 0} == finished(simulator)


@pytest.mark.parametrize("answer", [b"", b"220 smtp.example.com\r\n", b"HTTP/1.1 500 Oh\r\n\r\n"])
def test_no_answer_rubbish_and_errors_are_failures(
    simulator: RunningSimulator, start_rude: Callable[..., Rude], answer: bytes
):
    rude = start_rude([answer, NO_CONTENT])

    simulator.sms(StatusCallback=f"http://127.0.0.1:{rude.port}/s")

    rude.join()
    assert {"posted": 1, "failed": 1, "under_way": 0} == finished(simulator)


@pytest.mark.parametrize(("policy", "requests"), [("rt", 3), ("5xx", 2), ("ct", 2)])
def test_a_lost_answer_is_repeated_only_when_the_policy_says_so(
    simulator: RunningSimulator, start_rude: Callable[..., Rude], policy: str, requests: int
):
    rude = start_rude([b""] + [NO_CONTENT] * (requests - 1))

    simulator.sms(StatusCallback=f"http://127.0.0.1:{rude.port}/s#rc=1&rp={policy}")

    rude.join()
    assert requests == len(rude.requests)


def test_a_name_that_does_not_resolve_is_a_failure(simulator: RunningSimulator):
    simulator.sms(StatusCallback="https://127.0.0.1:1/s#rc=0")

    assert {"posted": 0, "failed": 2, "under_way": 0} == finished(simulator)
