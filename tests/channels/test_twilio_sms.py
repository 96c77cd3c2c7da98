"""The SMS channel: what Twilio is asked, what its codes mean, how lost messages are found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.channels.twilio_sms import TwilioAccount, TwilioSms
from notify.channels.twilio_sms.http import encode_form
from notify.domain.delivery import DeliveryStatus
from notify.ports import ChannelError, Rejected, Throttled, Unavailable, Uncertain
from notify.simulator import DEFAULT_ACCOUNT_SID, parse_faults
from tests.channels.benches import SmsBench, opened
from tests.channels.certificates import certified
from tests.channels.messages import AUTH_TOKEN, DELIVERY, NOW, PHONE, SMS, now, outgoing
from tests.channels.scripted import tcp_server

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


async def failure(sending: Awaitable[object]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await sending
    return caught.value


def answered(effect: dict[str, Any], directory: Path) -> ChannelError:
    """Return the error of a send that the simulator answers like this."""

    async def scenario() -> ChannelError:
        async with opened("sms", directory) as bench:
            assert isinstance(bench, SmsBench)
            rule = {"match": {"channel": "sms"}, "effect": effect}
            bench.simulator.faults.install(parse_faults([rule], "the test"))
            channel = bench.channel()
            error = await failure(channel.send(outgoing(PHONE)))
            await channel.close()
            return error

    return asyncio.run(scenario())


def sent(directory: Path, *, sender: str = "MG" + "5a" * 16, **options: Any) -> dict[str, Any]:
    """Return the simulator's log of one message."""

    async def scenario() -> dict[str, Any]:
        async with opened("sms", directory) as bench:
            assert isinstance(bench, SmsBench)
            account = TwilioAccount(
                DEFAULT_ACCOUNT_SID, AUTH_TOKEN, sender, bench.simulator.base_url
            )
            channel = TwilioSms(account, now=now, **options.pop("channel", {}))
            await channel.send(outgoing(PHONE, **options))
            await channel.close()
            return bench.accepted()[0]

    return asyncio.run(scenario())


def test_twilio_is_asked_with_the_text_as_it_is(key_directory):
    line = sent(key_directory)

    assert (PHONE, SMS) == (line["to"], line["body"])
    assert "MG" + "5a" * 16 == line["messaging_service_sid"]
    assert line["status_callback"] is None


def test_a_number_can_be_the_sender(key_directory):
    line = sent(key_directory, sender="+12025550177")

    assert ("+12025550177", None) == (line["from"], line["messaging_service_sid"])


def test_receipts_are_asked_for_at_our_address_with_every_retry(key_directory):
    line = sent(
        key_directory,
        channel={"callback_url": lambda delivery, attempt: f"https://r.example.com/{attempt}"},
    )

    assert "https://r.example.com/1#rc=5&rp=all" == line["status_callback"]


@pytest.mark.parametrize(
    ("left", "validity"),
    [
        (timedelta(hours=2), 7200),
        (timedelta(days=3), 36_000),
        (timedelta(seconds=1.9), 1),
        (timedelta(seconds=-5), 1),
    ],
)
def test_a_message_is_valid_as_long_as_it_is_of_use(left, validity, key_directory):
    line = sent(key_directory, expires_at=NOW + left)

    assert str(validity) == str(line["validity_period"])


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ({"code": 21211}, (Rejected, {"address_dead": True, "opted_out": False})),
        ({"code": 21614}, (Rejected, {"address_dead": True, "opted_out": False})),
        ({"code": 21610}, (Rejected, {"address_dead": False, "opted_out": True})),
        ({"code": 21408}, (Rejected, {"address_dead": False, "opted_out": False})),
        ({"code": 21606}, (Rejected, {"address_dead": False, "opted_out": False})),
        ({"code": 20003}, (Unavailable, {"credentials": True})),
        ({"status": 403, "code": 20003}, (Unavailable, {"credentials": True})),
        ({"code": 20404}, (Unavailable, {"credentials": True})),
        ({"code": 21705}, (Unavailable, {"credentials": True})),
        ({"code": 20429}, (Throttled, {"retry_after": 1.0})),
        ({"code": 20429, "retry_after": 7}, (Throttled, {"retry_after": 7.0})),
        ({"code": 21611}, (Throttled, {"retry_after": 60.0})),
        ({"status": 500}, (Uncertain, {})),
        ({"status": 502}, (Uncertain, {})),
        ({"status": 503, "retry_after": 5}, (Uncertain, {})),
    ],
)
def test_each_of_twilios_codes_has_one_meaning(effect, expected, key_directory):
    error = answered({"kind": "error", **effect}, key_directory)

    kind, facts = expected
    assert kind is type(error)
    assert facts == {name: getattr(error, name) for name in facts}
    assert str(effect.get("code", error.code)) == error.code


def test_an_unverified_certificate_stops_the_message_before_it_leaves(tmp_path):
    server, _ = certified(tmp_path)
    arrived: list[bytes] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.read(1))
        writer.close()

    async def scenario() -> ChannelError:
        async with tcp_server(converse, server) as port:
            account = TwilioAccount("AC1", "token", "MG1", f"https://127.0.0.1:{port}")
            channel = TwilioSms(account, now=now)
            error = await failure(channel.send(outgoing(PHONE)))
            await channel.close()
            return error

    error = asyncio.run(scenario())

    assert (Unavailable, "tls") == (type(error), error.code)
    assert [] == arrived


def test_a_name_that_does_not_resolve_is_unavailable():
    account = TwilioAccount("AC1", "token", "MG1", "http://no-such-host.invalid")

    async def scenario() -> ChannelError:
        channel = TwilioSms(account, now=now)
        error = await failure(channel.send(outgoing(PHONE)))
        await channel.close()
        return error

    error = asyncio.run(scenario())

    assert isinstance(error, Unavailable)


def test_an_accepted_message_is_found_by_its_number_and_text(key_directory):
    async def scenario() -> None:
        async with opened("sms", key_directory) as bench:
            channel = bench.channel()
            assert isinstance(channel, TwilioSms)
            other = outgoing(PHONE, delivery="other", sms="Another text altogether")
            accepted = await channel.send(outgoing(PHONE))
            await channel.send(other)

            found = await channel.find(
                delivery=DELIVERY, attempt=1, to=PHONE, text=f" {SMS} ", since=SINCE
            )
            unknown = await channel.find(
                delivery=DELIVERY, attempt=1, to=PHONE, text="never sent", since=SINCE
            )
            too_late = await channel.find(
                delivery=DELIVERY,
                attempt=1,
                to=PHONE,
                text=SMS,
                since=datetime(2100, 1, 1, tzinfo=UTC),
            )
            await channel.close()

            assert found is not None
            assert accepted.provider_id == found.provider_id
            assert (DELIVERY, 1) == (found.delivery, found.attempt)
            assert found.status in {DeliveryStatus.ACCEPTED, DeliveryStatus.SENT} | {
                DeliveryStatus.DELIVERED
            }
            assert [None, None] == [unknown, too_late]

    asyncio.run(scenario())


def test_a_message_behind_more_than_a_page_of_others_is_found(key_directory):
    async def scenario() -> None:
        async with opened("sms", key_directory) as bench:
            channel = bench.channel()
            assert isinstance(channel, TwilioSms)
            accepted = await channel.send(outgoing(PHONE))
            await asyncio.gather(
                *(channel.send(outgoing(PHONE, sms=f"{n} 湖滨 " * 100)) for n in range(60))
            )

            found = await channel.find(
                delivery=DELIVERY, attempt=1, to=PHONE, text=SMS, since=SINCE
            )
            await channel.close()

            assert found is not None
            assert accepted.provider_id == found.provider_id

    asyncio.run(scenario())


def test_a_message_is_fetched_by_its_sid_and_an_unknown_one_is_none(key_directory):
    async def scenario() -> None:
        async with opened("sms", key_directory) as bench:
            channel = bench.channel()
            assert isinstance(channel, TwilioSms)
            accepted = await channel.send(outgoing(PHONE))

            fetched = await channel.fetch(accepted.provider_id, delivery=DELIVERY, attempt=1)
            unknown = await channel.fetch("SM" + "0" * 32, delivery=DELIVERY)
            await channel.close()

            assert fetched is not None
            assert accepted.provider_id == fetched.provider_id
            assert fetched.event.startswith(f"{accepted.provider_id}:")
            assert unknown is None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "effect", [{"kind": "error", "status": 500}, {"kind": "accept_then_close"}]
)
def test_a_question_without_an_answer_is_unavailable_and_never_uncertain(effect, key_directory):
    async def scenario() -> list[ChannelError]:
        async with opened("sms", key_directory) as bench:
            assert isinstance(bench, SmsBench)
            rule = {"match": {"channel": "sms", "operation": "lookup"}, "effect": effect}
            bench.simulator.faults.install(parse_faults([rule], "the test"))
            channel = bench.channel()
            finding = channel.find(delivery=DELIVERY, attempt=1, to=PHONE, text=SMS, since=SINCE)
            errors = [
                await failure(finding),
                await failure(channel.fetch("SM" + "0" * 32, delivery=DELIVERY)),
            ]
            await channel.close()
            return errors

    assert [Unavailable, Unavailable] == [type(error) for error in asyncio.run(scenario())]


def test_the_account_does_not_show_its_token():
    assert "token-5a" not in repr(TwilioAccount("AC1", "token-5a", "MG1"))


@settings(deadline=None)  # a busy machine is no failure
@given(st.dictionaries(st.sampled_from(["To", "Body", "From"]), st.text(), min_size=1))
def test_forms_are_encoded_as_the_library_would(form):
    encoded = encode_form(form)

    assert urlencode(form) == encoded.decode()
    assert form == dict(parse_qsl(encoded.decode(), keep_blank_values=True))


def test_what_the_simulator_logs_is_json(key_directory):
    assert SMS in json.dumps(sent(key_directory), ensure_ascii=False)
