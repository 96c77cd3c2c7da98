"""The simulator's own addresses: what was accepted, which faults are on, what it cost."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from notify.simulator.fault_file import FaultFileError, parse_faults
from notify.simulator.faults import CHANNELS, FaultPlan, Faults
from notify.simulator.http import Request
from notify.simulator.log import AcceptanceLog
from notify.simulator.mail import decoded


class BadQuery(Exception):
    """A query parameter that makes no sense; the text says which and what to write."""


@dataclass(slots=True)
class Control:
    """Answers what is not a provider's address; `stats` and `forget` come from the server."""

    log: AcceptanceLog
    faults: Faults
    stats: Callable[[], dict[str, object]]
    forget: Callable[[], None]
    credentials: Callable[[], dict[str, str]]

    def __call__(self, request: Request) -> None:
        """Answer one request."""
        act = self._route(request)
        if act is None:
            _answer(request, 404, {"error": f"nothing at {request.method} {request.path}"})
            return
        try:
            act(request)
        except BadQuery as problem:
            _answer(request, 400, {"error": str(problem)})

    def _route(self, request: Request) -> Callable[[Request], None] | None:
        routes: dict[tuple[str, str], Callable[[Request], None]] = {
            ("GET", "/healthz"): lambda r: _answer(r, 200, {"status": "ok"}),
            ("GET", "/_log"): self._read_log,
            ("DELETE", "/_log"): self._clear_log,
            ("GET", "/_faults"): lambda r: _answer(r, 200, self.faults.plan.describe()),
            ("POST", "/_faults"): self._set_faults,
            ("DELETE", "/_faults"): self._no_faults,
            ("GET", "/_stats"): lambda r: _answer(r, 200, {**self.stats(), **usage()}),
            ("GET", "/_service_account"): lambda r: _answer(r, 200, dict(self.credentials())),
        }
        return routes.get((request.method, request.path))

    def _read_log(self, request: Request) -> None:
        query = dict(parse_qsl(request.query))
        channels = _channels(query)
        if query.get("summary") == "1":
            counts = self.log.counts()
            _answer(request, 200, {channel: counts[channel] for channel in channels})
            return
        start, limit = _whole(query, "start") or 0, _whole(query, "limit")
        raw = query.get("raw") == "1"
        request.stream(200, self._document(channels, start, limit, raw=raw))

    def _document(
        self, channels: tuple[str, ...], start: int, limit: int | None, *, raw: bool
    ) -> Iterator[bytes]:
        """Yield the log as one JSON object, message by message: it may be larger than memory."""
        for number, channel in enumerate(channels):
            yield b'%b"%b":[' % (b"," if number else b"{", channel.encode())
            comma = b""
            for line in self.log.lines(channel, start, limit):
                yield comma + (decoded(line) if channel == "email" and not raw else line)
                comma = b","
            yield b"]"
        yield b"}"

    def _clear_log(self, request: Request) -> None:
        self.forget()
        _answer(request, 200, dict(self.log.counts()))

    def _set_faults(self, request: Request) -> None:
        try:
            plan = parse_faults(json.loads(request.body), "the request")
        except FaultFileError as problem:
            _answer(request, 400, {"error": str(problem)})
            return
        except (ValueError, RecursionError):
            _answer(request, 400, {"error": "the request is not JSON"})
            return
        self.faults.install(plan)
        _answer(request, 200, self.faults.plan.describe())

    def _no_faults(self, request: Request) -> None:
        self.faults.install(FaultPlan())
        _answer(request, 200, self.faults.plan.describe())


def usage() -> dict[str, object]:
    """Return what this process used so far: CPU in seconds, peak memory in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "cpu_s": time.process_time(),
        "max_rss_bytes": peak if sys.platform == "darwin" else peak * 1024,
    }


def _channels(query: dict[str, str]) -> tuple[str, ...]:
    wanted = query.get("channel")
    if wanted is None:
        return CHANNELS
    if wanted not in CHANNELS:
        raise BadQuery(f"channel: expected one of {', '.join(CHANNELS)}")
    return (wanted,)


def _whole(query: dict[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not text.isdigit() or len(text) > 12:
        raise BadQuery(f"{name}: expected a whole number from 0")
    return int(text)


def _answer(request: Request, status: int, document: dict[str, object]) -> None:
    request.answer(status, json.dumps(document).encode())
