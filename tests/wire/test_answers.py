"""What the HTTP client writes, what it understands, and what it takes for lost."""

from __future__ import annotations

import pytest

from notify.wire import Answer, Lost, NotSent, Origin, header_fields
from notify.wire.connection import HEAD_CAP
from tests.wire.server import FIELDS, HANG_UP, LAST, OK, ask, asked, serving


def plain(answer: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(answer), answer)


def test_a_request_is_written_as_the_standard_wants_it(run):
    async def scenario() -> list[bytes]:
        async with serving([OK, OK]) as server:
            origin = Origin(f"{server.base}/base/")
            await ask(origin, "湖".encode())
            await origin.exchange("GET", "/list", FIELDS)
            await origin.close()
            return [
                request.replace(server.base[7:].encode(), b"HOST") for request in server.requests
            ]

    assert [
        b"POST /base/send?x=1 HTTP/1.1\r\nHost: HOST\r\nAccept: application/json\r\n"
        b"User-Agent: notify\r\nContent-Length: 3\r\n\r\n" + "湖".encode(),
        (
            b"GET /base/list HTTP/1.1\r\nHost: HOST\r\nAccept: application/json\r\n"
            b"User-Agent: notify\r\n\r\n"
        ),
    ] == run(scenario())


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (OK, (200, b"ok")),
        (plain(b"", b"429 Too Many Requests"), (429, b"")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
        (
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
            ),
            (200, b"abcde"),
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, b"ok")),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, (200, b"ok")),
        (b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", (302, b"")),
    ],
)
def test_answers_are_read_however_they_come_and_the_connection_is_kept(
    run, raw, expected, in_pieces
):
    answer, server = run(asked([raw, raw, raw], 3, in_pieces=in_pieces))

    assert expected == (answer.status, answer.body)
    assert (1, 3) == (server.connections, len(server.requests))


def test_header_fields_are_named_in_lower_case_and_interim_ones_forgotten(run):
    raw = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        b"HTTP/1.1 429 Slow\r\nRetry-AFTER: 7\r\nContent-Length: 0\r\n\r\n"
    )

    answer, _ = run(asked([raw]))

    assert {"retry-after": "7", "content-length": "0"} == answer.headers


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok" + LAST,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok" + LAST,
        OK + OK,
        OK + b"HTTP/1.1 200 OK\r\n",
        OK + b"rubbish",
    ],
)
def test_a_connection_that_ends_or_says_too_much_is_not_used_again(run, raw):
    answer, server = run(asked([raw, raw], 2))

    assert (200, b"ok") == (answer.status, answer.body)
    assert (2, 2) == (server.connections, len(server.requests))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (HANG_UP, "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Le" + LAST, "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok" + LAST, "connection_lost"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n" + LAST,
            "connection_lost",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + LAST, "connection_lost"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "unreadable_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", "unreadable_answer"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
            "unreadable_answer",
        ),
        (b"HTTP/1.1 200 OK\r\n" + b"X: 1234567890\r\n" * (HEAD_CAP // 10), "unreadable_answer"),
    ],
)
def test_a_request_without_a_readable_answer_is_lost_and_written_once(run, raw, code):
    error, server = run(asked([raw, OK]))

    assert (Lost, code) == (type(error), error.code)
    assert (1, 1) == (server.connections, len(server.requests))


def test_a_kept_connection_that_is_closed_instead_of_answered_is_lost_and_not_repeated(run):
    error, server = run(asked([OK, HANG_UP, OK], 2))

    assert (Lost, "connection_lost") == (type(error), error.code)
    assert (1, 2) == (server.connections, len(server.requests))


@pytest.mark.parametrize(
    "raw",
    [
        plain(b"a" * 65_537),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1000\r\n%b\r\n" % (b"a" * 4096) * 20,
    ],
)
def test_a_body_past_the_cap_is_cut_and_its_connection_left(run, raw):
    answer, server = run(asked([raw, raw], 2))

    assert (200, b"a" * 65_536) == (answer.status, answer.body)
    assert 2 == server.connections


def test_a_longer_answer_can_be_asked_for(run):
    async def scenario() -> Answer:
        async with serving([plain(b"a" * 70_000)]) as server:
            origin = Origin(server.base)
            answer = await origin.exchange("GET", "/", FIELDS, cap=70_000)
            await origin.close()
            return answer

    assert b"a" * 70_000 == run(scenario()).body


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/湖", ""])
def test_a_target_that_would_break_the_request_is_not_sent(run, target):
    async def scenario() -> str:
        async with serving([OK]) as server:
            origin = Origin(server.base)
            with pytest.raises(NotSent) as caught:
                await origin.exchange("GET", target, FIELDS)
            assert [] == server.requests
            return caught.value.code

    assert "bad_target" == run(scenario())


@pytest.mark.parametrize(("name", "value"), [("A", "canary\r\nB: c"), ("A b", "c"), ("A", "湖")])
def test_header_fields_that_would_break_the_request_are_refused_unquoted(name, value):
    with pytest.raises(ValueError, match="header field") as caught:
        header_fields({name: value})

    assert "canary" not in str(caught.value)
