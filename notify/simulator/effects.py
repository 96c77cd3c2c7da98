"""What a fault does to one HTTP send: refused, accepted but unanswered, late, or rubbish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from notify.simulator.faults import Effect
from notify.simulator.http import Request
from notify.simulator.log import Done

HTML = b"<!doctype html><title>Please sign in</title><p>Please sign in to the network."
PIECE = b"x" * 65_536


@dataclass(frozen=True, slots=True)
class Attempt:
    """A valid send that the provider would accept.

    `record` writes the acceptance and calls back when it may be answered; `refuse` answers with an
    error in the provider's own format; `id_field` names the message in the answer.
    """

    request: Request
    status: int
    body: bytes
    id_field: str
    record: Callable[[Done], None]
    refuse: Callable[[Effect], None]

    def answer(self) -> None:
        """Send the answer of a healthy provider."""
        self.request.answer(self.status, self.body)


def perform(effect: Effect, attempt: Attempt, loop: asyncio.AbstractEventLoop) -> None:
    """Do to the attempt what the effect says."""
    request = attempt.request
    match effect.kind:
        case "error":
            attempt.refuse(effect)
        case "close_before_accept":
            request.abort()
        case "hang":
            _hang(effect, attempt, loop)
        case "latency":
            attempt.record(partial(loop.call_later, effect.seconds, attempt.answer))
        case "accept_then_500":
            attempt.record(partial(attempt.refuse, effect))
        case "accept_then_close":
            attempt.record(request.abort)
        case "accept_then_cut":
            attempt.record(partial(request.cut, attempt.status, attempt.body))
        case _:
            _spoil(effect, attempt)


def _hang(effect: Effect, attempt: Attempt, loop: asyncio.AbstractEventLoop) -> None:
    """Say nothing for a while, then close; accepted only when the effect says so."""
    wait = partial(loop.call_later, effect.seconds, attempt.request.abort)
    if effect.accepted:
        attempt.record(wait)
    else:
        wait()


def _spoil(effect: Effect, attempt: Attempt) -> None:
    """Answer with something nobody can take at face value; accepted unless the effect says no."""
    rubbish = partial(_rubbish, effect, attempt)
    if effect.accepted is False:
        rubbish()
    else:
        attempt.record(rubbish)


def _rubbish(effect: Effect, attempt: Attempt) -> None:
    """Send the answer the effect names."""
    request, status, body = attempt.request, attempt.status, attempt.body
    match effect.kind:
        case "bad_json":
            request.answer(status, body[: len(body) // 2])
        case "html_200":
            request.answer(200, HTML, content_type=b"text/html; charset=utf-8")
        case "no_sid":
            request.answer(status, _with_id(body, attempt.id_field, None))
        case "wrong_sid":
            request.answer(status, _with_id(body, attempt.id_field, 12345))
        case _:
            request.stream(status, _endless(effect.size), effect.size)


def _with_id(body: bytes, field: str, value: int | None) -> bytes:
    """Return the answer with its id removed, or replaced by a number."""
    document = json.loads(body)
    del document[field]
    if value is not None:
        document[field] = value
    return json.dumps(document).encode()


def _endless(size: int) -> Iterator[bytes]:
    """Yield a JSON text of exactly this many bytes that gets nowhere."""
    yield b'{"body":"'[:size]
    left = size - 9
    while left > 0:
        yield PIECE[:left]
        left -= len(PIECE)
