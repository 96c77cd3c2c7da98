"""The push channel: the message FCM gets, what its errors mean, and the bearer token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from notify.channels.fcm_push import FcmPush
from notify.channels.fcm_push.oauth import ServiceAccountTokens
from notify.ports import ChannelError, Rejected, Throttled, Unavailable, Uncertain
from notify.simulator import parse_faults
from tests.channels.benches import PushBench, opened
from tests.channels.messages import DELIVERY, NOW, TEXTS, TOKEN, now, outgoing, real_now
from tests.channels.scripted import tcp_server


async def failure(sending: Awaitable[object]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await sending
    return caught.value


def document(directory: Path, **options: Any) -> dict[str, Any]:
    """Return the request of one message as it reached the simulator."""

    async def scenario() -> dict[str, Any]:
        async with opened("push", directory) as bench:
            channel = bench.channel()
            assert isinstance(channel, FcmPush)
            channel._now = now
            await channel.send(outgoing(TOKEN, **options))
            await channel.close()
            request: dict[str, Any] = bench.accepted()[0]["request"]
            return request

    return asyncio.run(scenario())


def answered(effect: dict[str, Any], directory: Path, token: str = TOKEN) -> ChannelError:
    """Return the error of a send that the simulator answers like this."""

    async def scenario() -> ChannelError:
        async with opened("push", directory) as bench:
            assert isinstance(bench, PushBench)
            rule = {"match": {"channel": "push"}, "effect": effect}
            bench.simulator.faults.install(parse_faults([rule] if effect else [], "the test"))
            channel = bench.channel()
            error = await failure(channel.send(outgoing(token)))
            await channel.close()
            return error

    return asyncio.run(scenario())


def test_the_message_is_urgent_and_a_second_one_takes_its_place(key_directory):
    expiration = str(int((NOW + timedelta(hours=2)).timestamp()))

    request = document(key_directory)

    assert {
        "message": {
            "token": TOKEN,
            "notification": {"title": TEXTS["push_title"], "body": TEXTS["push_body"]},
            "data": {"delivery": DELIVERY, "link": "https://race.example.com/i/abc"},
            "android": {
                "priority": "HIGH",
                "ttl": "7200s",
                "collapseKey": DELIVERY,
                "notification": {"tag": DELIVERY},
            },
            "apns": {
                "headers": {
                    "apns-collapse-id": DELIVERY,
                    "apns-expiration": expiration,
                    "apns-priority": "10",
                },
                "payload": {"aps": {"sound": "default"}},
            },
            "webpush": {
                "headers": {"TTL": "7200", "Urgency": "high"},
                "notification": {"tag": DELIVERY},
                "fcmOptions": {"link": "https://race.example.com/i/abc"},
            },
        }
    } == request


def test_every_field_is_one_that_google_publishes(key_directory):
    path = files("googleapiclient") / "discovery_cache/documents/fcm.v1.json"
    schemas = json.loads(path.read_text())["schemas"]

    def check(value: object, schema: dict[str, Any]) -> None:
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema
        properties = schema.get("properties")
        if properties is None:
            assert schema["type"] in {"object", "string"}
            assert ("string" == schema["type"]) == isinstance(value, str)
            return
        assert isinstance(value, dict)
        for name, member in value.items():
            assert name in properties
            check(member, properties[name])

    check(document(key_directory), {"$ref": "SendMessageRequest"})


def test_without_a_secure_link_there_is_none_for_browsers(key_directory):
    request = document(key_directory, link="http://127.0.0.1:8000/i/abc")

    assert "fcmOptions" not in request["message"]["webpush"]


@pytest.mark.parametrize(
    ("left", "ttl"), [(timedelta(days=90), "2419200s"), (timedelta(seconds=-1), "0s")]
)
def test_a_message_lives_as_long_as_it_is_of_use(left, ttl, key_directory):
    request = document(key_directory, expires_at=NOW + left)

    assert ttl == request["message"]["android"]["ttl"]


INVALID_TOKEN = "The registration token is not a valid FCM registration token"


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ({"code": "UNREGISTERED"}, (Rejected, {"address_dead": True})),
        ({"code": "SENDER_ID_MISMATCH"}, (Rejected, {"address_dead": True})),
        (
            {"code": "INVALID_ARGUMENT", "message": INVALID_TOKEN},
            (Rejected, {"address_dead": True}),
        ),
        ({"code": "INVALID_ARGUMENT"}, (Rejected, {"address_dead": False})),
        ({"code": "QUOTA_EXCEEDED"}, (Throttled, {"retry_after": 60.0})),
        ({"code": "QUOTA_EXCEEDED", "retry_after": 90}, (Throttled, {"retry_after": 90.0})),
        ({"code": "UNAVAILABLE", "retry_after": 5}, (Throttled, {"retry_after": 5.0})),
        ({"code": "UNAVAILABLE"}, (Uncertain, {})),
        ({"code": "INTERNAL"}, (Uncertain, {})),
        ({"status": 502}, (Uncertain, {})),
        ({"code": "THIRD_PARTY_AUTH_ERROR"}, (Unavailable, {"credentials": True})),
        ({"status": 403, "code": "PERMISSION_DENIED"}, (Unavailable, {"credentials": True})),
        ({"status": 404, "code": "NOT_FOUND"}, (Unavailable, {"credentials": True})),
    ],
)
def test_each_of_fcms_codes_has_one_meaning(effect, expected, key_directory):
    error = answered({"kind": "error", **effect}, key_directory)

    kind, facts = expected
    assert kind is type(error)
    assert facts == {name: getattr(error, name) for name in facts}


def test_a_message_that_is_too_big_does_not_condemn_the_token(key_directory):
    async def scenario() -> ChannelError:
        async with opened("push", key_directory) as bench:
            channel = bench.channel()
            error = await failure(channel.send(outgoing(TOKEN, push_body="湖" * 2000)))
            await channel.close()
            return error

    error = asyncio.run(scenario())

    assert isinstance(error, Rejected)
    assert not error.address_dead


def test_a_token_that_ended_early_is_exchanged_and_the_message_sent_once(key_directory):
    async def scenario() -> tuple[int, int]:
        async with opened("push", key_directory) as bench:
            assert isinstance(bench, PushBench)
            channel = bench.channel()
            await channel.send(outgoing(TOKEN))
            bench.simulator._tokens._expiries.clear()

            await asyncio.gather(
                *(channel.send(outgoing(TOKEN, delivery=f"d{n}")) for n in range(20))
            )
            await channel.close()
            return len(bench.accepted()), len(bench.simulator._tokens._expiries)

    assert (21, 1) == asyncio.run(scenario())


def test_a_sign_in_that_is_refused_twice_is_given_up(key_directory):
    async def scenario() -> tuple[ChannelError, int]:
        async with opened("push", key_directory) as bench:
            assert isinstance(bench, PushBench)
            channel = bench.channel()
            bench.simulator._fcm._tokens = type("Closed", (), {"good": lambda *_: False})()
            error = await failure(channel.send(outgoing(TOKEN)))
            await channel.close()
            return error, bench.simulator._requests

    error, requests = asyncio.run(scenario())

    assert isinstance(error, Unavailable)
    assert error.credentials
    assert 4 == requests  # two exchanges, two refusals


def test_a_token_near_its_end_is_renewed_while_it_is_used(key_directory):
    async def scenario() -> None:
        async with opened("push", key_directory) as bench:
            assert isinstance(bench, PushBench)
            channel = bench.channel()
            assert isinstance(channel, FcmPush)
            tokens = channel._tokens
            first = await tokens.bearer()
            tokens._now = lambda: real_now() + timedelta(minutes=57)

            used = [await tokens.bearer() for _ in range(5)]
            assert tokens._renewal is not None
            await tokens._renewal
            after = await tokens.bearer()
            tokens._now = real_now
            await channel.close()

            assert [first] * 5 == used
            assert first != after
            assert 2 == len(bench.simulator._tokens._expiries)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("effect", "credentials"),
    [
        ({"kind": "error", "status": 400, "code": "invalid_grant"}, True),
        ({"kind": "accept_then_close"}, False),
    ],
)
def test_an_exchange_that_fails_sends_nothing(effect, credentials, key_directory):
    async def scenario() -> tuple[ChannelError, int]:
        async with opened("push", key_directory) as bench:
            assert isinstance(bench, PushBench)
            rule = {"match": {"channel": "push", "operation": "token"}, "effect": effect}
            bench.simulator.faults.install(parse_faults([rule], "the test"))
            channel = bench.channel()
            error = await failure(channel.send(outgoing(TOKEN)))
            await channel.close()
            return error, len(bench.accepted())

    error, accepted = asyncio.run(scenario())

    assert isinstance(error, Unavailable)
    assert (credentials, 0) == (error.credentials, accepted)


def test_a_body_that_comes_compressed_is_not_unpacked(key_directory):
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
            b"Content-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
        )

    async def scenario() -> ChannelError:
        async with opened("push", key_directory) as bench, tcp_server(converse) as port:
            assert isinstance(bench, PushBench)
            bench.channel()
            channel = FcmPush(
                "demo", bench.credentials, now=real_now, api_base=f"http://127.0.0.1:{port}"
            )
            error = await failure(channel.send(outgoing(TOKEN)))
            await channel.close()
            return error

    error = asyncio.run(scenario())

    assert (Uncertain, "unreadable_answer") == (type(error), error.code)


@pytest.mark.parametrize("content", [None, "", "{}", "canary", '{"private_key": "canary"}'])
def test_a_file_that_holds_no_credentials_is_named_and_not_quoted(content, tmp_path):
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ValueError, match=r"credentials\.json") as caught:
        ServiceAccountTokens(path, now)

    assert "canary" not in str(caught.value)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
