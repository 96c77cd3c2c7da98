"""What every channel owes its callers, the fake included: run against the providers' protocols."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from notify.channels.sealed import Sealed
from notify.domain.delivery import Channel as ChannelName
from notify.ports import (
    Accepted,
    Channel,
    ChannelError,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from tests.channels.benches import BENCHES, IMPATIENCE_S, PATIENCE_S, RUBBISH, Bench, opened
from tests.channels.messages import DELIVERY, PHONE, outgoing

Leaks = Callable[[BaseException], list[str]]
LOST = ("lost before", "lost after", "silent", "failed", *RUBBISH)
LOSSES = [
    (kind, situation)
    for kind, bench in sorted(BENCHES.items())
    for situation in LOST
    if situation in bench.situations
]


@pytest.fixture(params=sorted(BENCHES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def refusal(channel: Channel, bench: Bench) -> ChannelError:
    """Send one message that must not be accepted and return the error."""
    try:
        with pytest.raises(ChannelError) as caught:
            await channel.send(outgoing(bench.address))
    finally:
        await channel.close()
    return caught.value


def misfortune(kind: str, situation: str, directory: Path) -> tuple[ChannelError, int]:
    """Return the error of a send in that situation and how often the provider was called."""

    async def scenario() -> tuple[ChannelError, int]:
        async with opened(kind, directory) as bench:
            bench.arrange(situation)
            patience = IMPATIENCE_S if situation == "silent" else PATIENCE_S
            return await refusal(bench.channel(patience=patience), bench), bench.calls()

    return asyncio.run(scenario())


def test_a_message_is_accepted_once_and_carries_our_delivery_id(kind, key_directory):
    async def scenario() -> None:
        async with opened(kind, key_directory) as bench:
            channel = bench.channel()

            accepted = await channel.send(outgoing(bench.address))
            await channel.close()

            assert isinstance(accepted, Accepted)
            assert accepted.provider_id
            assert 1 == len(bench.accepted())
            assert DELIVERY in json.dumps(bench.accepted())

    asyncio.run(scenario())


def test_many_messages_leave_at_once_and_none_twice(kind, key_directory):
    async def scenario() -> None:
        async with opened(kind, key_directory) as bench:
            channel = bench.channel()
            messages = [outgoing(bench.address, delivery=f"delivery-{n:04d}") for n in range(200)]

            accepted = await asyncio.gather(*(channel.send(message) for message in messages))
            await channel.close()

            assert channel.concurrency > 0
            assert 200 == len({each.provider_id for each in accepted})
            log = json.dumps(bench.accepted())
            assert [1] * 200 == [min(1, log.count(each.delivery)) for each in messages]
            assert 200 == len(bench.accepted())

    asyncio.run(scenario())


def test_a_dead_address_is_rejected_for_good(kind, key_directory, leaks: Leaks):
    error, calls = misfortune(kind, "dead address", key_directory)

    assert isinstance(error, Rejected)
    assert (True, False) == (error.address_dead, error.opted_out)
    assert 1 == calls
    assert [] == leaks(error)


def test_a_refused_message_does_not_condemn_the_address(kind, key_directory, leaks: Leaks):
    error, calls = misfortune(kind, "refused", key_directory)

    assert isinstance(error, Rejected)
    assert (False, False) == (error.address_dead, error.opted_out)
    assert 1 == calls
    assert [] == leaks(error)


def test_a_throttled_message_says_how_long_to_wait(kind, key_directory, leaks: Leaks):
    error, calls = misfortune(kind, "throttled", key_directory)

    assert isinstance(error, Throttled)
    assert error.retry_after >= 60
    assert 1 == calls
    assert [] == leaks(error)


@pytest.mark.parametrize(("kind", "situation"), LOSSES)
def test_a_lost_answer_is_uncertain_and_nothing_is_repeated(
    kind, situation, key_directory, leaks: Leaks
):
    error, calls = misfortune(kind, situation, key_directory)

    assert type(error) is Uncertain
    assert 1 == calls
    assert [] == leaks(error)


def test_an_unreachable_provider_is_unavailable(kind, key_directory, leaks: Leaks):
    async def scenario() -> ChannelError:
        async with opened(kind, key_directory) as bench:
            return await refusal(bench.channel(reachable=False), bench)

    error = asyncio.run(scenario())

    assert isinstance(error, Unavailable)
    assert not error.credentials
    assert [] == leaks(error)


def test_a_refused_sign_in_is_told_apart(kind, key_directory, leaks: Leaks):
    async def scenario() -> ChannelError:
        async with opened(kind, key_directory) as bench:
            return await refusal(bench.channel(signed_in=False), bench)

    error = asyncio.run(scenario())

    assert isinstance(error, Unavailable)
    assert error.credentials
    assert [] == leaks(error)


def test_the_channel_works_on_after_a_misfortune(kind, key_directory):
    async def scenario() -> None:
        async with opened(kind, key_directory) as bench:
            channel = bench.channel()
            bench.arrange("lost before")
            with pytest.raises(ChannelError):
                await channel.send(outgoing(bench.address))
            bench.recover()

            accepted = await channel.send(outgoing(bench.address, attempt=2))
            await channel.close()

            assert accepted.provider_id

    asyncio.run(scenario())


def test_a_closed_channel_can_be_closed_again_and_used_again(kind, key_directory):
    async def scenario() -> None:
        async with opened(kind, key_directory) as bench:
            channel = bench.channel()
            await channel.close()
            await channel.send(outgoing(bench.address))
            await channel.close()
            await channel.close()

            assert 1 == len(bench.accepted())

    asyncio.run(scenario())


def test_a_cancelled_send_ends_and_leaves_the_channel_in_order(kind, key_directory):
    async def scenario() -> None:
        async with opened(kind, key_directory) as bench:
            channel = bench.channel()
            sending = asyncio.create_task(channel.send(outgoing(bench.address)))
            await asyncio.sleep(0)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

            accepted = await channel.send(outgoing(bench.address, attempt=2))
            await channel.close()

            assert accepted.provider_id

    asyncio.run(scenario())


@pytest.mark.parametrize("name", list(ChannelName))
def test_the_sealed_channel_accepts_everything_and_keeps_only_a_count(name):
    channel: Channel = Sealed(name)
    sealed = Sealed(name)

    accepted = asyncio.run(sealed.send(outgoing(PHONE)))
    asyncio.run(sealed.close())

    assert name == channel.name
    assert f"drill-{DELIVERY}-1" == accepted.provider_id
    assert {"name": name, "count": 1} == vars(sealed)
