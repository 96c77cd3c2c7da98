from __future__ import annotations

import asyncio
import base64
from urllib.parse import urlencode

import pytest

from notify.simulator.http import HttpConnection, Request
from tests.simulator.running import (
    AUTH,
    FROM,
    MESSAGES,
    TO,
    RunningSimulator,
    Start,
    read_all,
)

BASIC = base64.b64encode(":".join(AUTH).encode()).decode()


def create(body: str, extra: str = "") -> bytes:
    form = urlencode({"To": TO, "From": FROM, "Body": body})
    head = f"POST {MESSAGES} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {BASIC}\r\n{extra}"
    return f"{head}Content-Length: {len(form)}\r\n\r\n{form}".encode()


def exchange(simulator: RunningSimulator, data: bytes) -> bytes:
    """Send everything, then read until the simulator closes."""
    with simulator.connect() as connection:
        connection.sendall(data)
        return read_all(connection)


def test_pipelined_requests_are_answered_in_order_although_the_first_is_slow(
    simulator: RunningSimulator,
):
    simulator.set_faults(
        {"match": {"channel": "sms", "first": 1}, "effect": {"kind": "latency", "seconds": 0.1}}
    )
    requests = create("one") + create("two") + create("three", "Connection: close\r\n")

    answers = exchange(simulator, requests)

    assert 3 == answers.count(b"HTTP/1.1 201 Created")
    assert answers.index(b'"one"') < answers.index(b'"two"') < answers.index(b'"three"')


def test_a_client_that_pipelines_without_end_is_held_back_and_served(simulator: RunningSimulator):
    simulator.set_faults(
        {"match": {"channel": "sms", "first": 1}, "effect": {"kind": "latency", "seconds": 0.05}}
    )
    requests = create("many") * 2_000 + create("last", "Connection: close\r\n")

    answers = exchange(simulator, requests)

    assert 2_001 == answers.count(b"HTTP/1.1 201 Created")


def test_a_chunked_body_is_put_together(simulator: RunningSimulator):
    form = urlencode({"To": TO, "From": FROM, "Body": "in pieces"}).encode()
    head = f"POST {MESSAGES} HTTP/1.1\r\nAuthorization: Basic {BASIC}\r\nConnection: close\r\n"
    pieces = b"".join(
        b"%x\r\n%b\r\n" % (len(form[n : n + 7]), form[n : n + 7]) for n in range(0, len(form), 7)
    )

    answer = exchange(
        simulator, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    )

    assert b'"body": "in pieces"' in answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / FTP/9\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: nine\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 400),
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 400),
        (b"POST /token HTTP/1.1\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000, 413),
        (
            b"POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 5,
            413,
        ),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(101)) + b"\r\n", 431),
    ],
)
def test_a_malformed_or_oversized_request_is_refused_and_the_simulator_lives_on(
    simulator: RunningSimulator, request_bytes: bytes, status: int
):
    answer = exchange(simulator, request_bytes)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert {"status": "ok"} == simulator.get("/healthz")


def test_http_1_0_and_connection_close_end_the_connection(simulator: RunningSimulator):
    old = exchange(simulator, b"GET /healthz HTTP/1.0\r\n\r\n")
    closing = exchange(simulator, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert old.endswith(b'{"status": "ok"}')
    assert b"Connection: close" in closing


def test_a_client_that_asks_for_100_continue_gets_it(simulator: RunningSimulator):
    form = urlencode({"To": TO, "From": FROM, "Body": "later"}).encode()
    head = f"POST {MESSAGES} HTTP/1.1\r\nAuthorization: Basic {BASIC}\r\nConnection: close\r\n"

    with simulator.connect() as connection:
        connection.sendall(
            head.encode() + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(form)
        )
        interim = connection.recv(1024)
        connection.sendall(form)
        final = read_all(connection)

    assert b"HTTP/1.1 100 Continue\r\n\r\n" == interim
    assert final.startswith(b"HTTP/1.1 201 Created")


@pytest.mark.parametrize("path", ["/nothing", "/2010-04-01/Accounts", "/v1/projects/x/messages"])
def test_an_unknown_address_is_not_found(simulator: RunningSimulator, path: str):
    answer = simulator.session.get(simulator.url(path), auth=AUTH, timeout=10)

    assert 404 == answer.status_code


@pytest.mark.parametrize("path", [MESSAGES, MESSAGES.replace(".json", "/SM1.json")])
def test_a_method_that_is_not_served_is_refused(simulator: RunningSimulator, path: str):
    answer = simulator.session.delete(simulator.url(path), auth=AUTH, timeout=10)

    assert (405, 20004) == (answer.status_code, answer.json()["code"])


class Unwritten(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False


def test_a_failure_behind_the_front_door_is_one_500(caplog: pytest.LogCaptureFixture):
    def fail(_request: Request) -> None:
        raise LookupError("a bug")

    loop = asyncio.new_event_loop()
    loop.close()
    transport = Unwritten()
    connection = HttpConnection(fail, set(), loop)
    connection.connection_made(transport)

    connection.data_received(b"GET / HTTP/1.1\r\n\r\n")

    assert transport.written.startswith(b"HTTP/1.1 500 ")
    assert "simulator.request_failed method=GET" in caplog.text


def test_a_client_that_leaves_before_its_answer_disturbs_nobody(start_simulator: Start):
    simulator = start_simulator(latency_s=0.05)
    with simulator.connect() as connection:
        connection.sendall(create("gone"))

    answer = simulator.sms(body="stays")

    assert 201 == answer.status_code
    assert ["gone", "stays"] == [entry["body"] for entry in simulator.log("sms")]
