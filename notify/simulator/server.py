"""Puts the stand-ins together and runs them: one process, one event loop, two ports."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import uvloop

from notify.simulator.callbacks import CallbackClient
from notify.simulator.config import SimulatorConfig
from notify.simulator.control import Control
from notify.simulator.faults import Faults
from notify.simulator.fcm import FcmApi
from notify.simulator.http import HttpConnection, Request
from notify.simulator.log import AcceptanceLog
from notify.simulator.oauth import ServiceAccount, TokenEndpoint
from notify.simulator.receipts import Receipts
from notify.simulator.smtp import SmtpConnection
from notify.simulator.twilio import TwilioApi

DEFAULT_PROJECT = "notify-simulator"
BACKLOG = 1024


class SimulatorError(RuntimeError):
    """The simulator cannot start or go on; the text says why and what to change."""


class Simulator:
    """The parts of one simulator, wired; made by `serve`, ended by `close`."""

    def __init__(self, config: SimulatorConfig, loop: asyncio.AbstractEventLoop) -> None:
        self._config = config
        self._loop = loop
        self._requests = 0
        self._http: set[HttpConnection] = set()
        self._smtp: set[SmtpConnection] = set()
        self._servers: list[asyncio.Server] = []
        self._started = config.now()
        self.http_port = 0
        self.smtp_port = 0
        self.broken: asyncio.Future[None] = loop.create_future()  # fails when the log does
        self.faults = Faults(config.faults, config.now)
        self.log = AcceptanceLog(config.log_file, loop.call_soon, self._break)
        self._client = CallbackClient(loop, config.receipt_connections)
        self._receipts = Receipts(config, self.faults, self._client)
        self._twilio = TwilioApi(config, self.log, self.faults, self._receipts, loop)
        self.account = ServiceAccount(
            config.fcm_project_id or DEFAULT_PROJECT, config.service_account_file
        )
        self._tokens = TokenEndpoint(self.account, self.faults, config.now)
        self._fcm = FcmApi(config, self.log, self.faults, self._tokens, loop)
        self._control = Control(
            self.log,
            self.faults,
            self.stats,
            self.forget,
            lambda: self.account.document(self.base_url),
        )

    @property
    def base_url(self) -> str:
        """Return the address clients use."""
        return self._config.public_base or f"http://{self._config.host}:{self.http_port}"

    async def start(self) -> None:
        """Listen on both ports, write the credentials file, and say so; SimulatorError if not."""
        config = self._config
        given = config.service_account_file
        if given is not None and not self.account.may_have(given):
            message = f"{given} holds something else than a simulator's credentials"
            raise SimulatorError(f"{message}; name another file with --service-account")
        self.http_port = await self._listen(self._new_http, config.port_http, "HTTP")
        self.smtp_port = await self._listen(self._new_smtp, config.port_smtp, "SMTP")
        if given is not None:
            self.account.write(given, self.base_url)
        if config.ready is not None:
            config.ready(self.http_port, self.smtp_port)

    async def close(self) -> None:
        """Stop listening, drop every connection, finish the log."""
        for server in self._servers:
            server.close()
        for web in list(self._http):
            web.abort()
        for mail in list(self._smtp):
            mail.abort()
        await self._client.close()
        self.broken.cancel()
        self.log.close()

    def stats(self) -> dict[str, object]:
        """Return what happened so far, for `GET /_stats`."""
        return {
            "requests": self._requests,
            "accepted": self.log.counts(),
            "connections": {"http": len(self._http), "smtp": len(self._smtp)},
            "receipts": {
                "posted": self._receipts.posted,
                "failed": self._receipts.failed,
                "under_way": self._receipts.under_way,
            },
            "uptime_s": self._config.now() - self._started,
        }

    def forget(self) -> None:
        """Forget every accepted message; a log file keeps its lines."""
        self.log.clear()
        self._twilio.messages.clear()

    def _dispatch(self, request: Request) -> None:
        """Give a request to the stand-in it is for."""
        self._requests += 1
        path = request.path
        if path.startswith("/2010-04-01/"):
            self._twilio(request)
        elif path.startswith("/v1/projects/"):
            self._fcm(request)
        elif path == "/token":
            self._tokens(request)
        else:
            self._control(request)

    def _new_http(self) -> HttpConnection:
        return HttpConnection(self._dispatch, self._http, self._loop)

    def _new_smtp(self) -> SmtpConnection:
        return SmtpConnection(self._config, self.log, self.faults, self._smtp, self._loop)

    async def _listen(self, protocol: Callable[[], asyncio.Protocol], port: int, what: str) -> int:
        """Open one port and return its number."""
        try:
            server = await self._loop.create_server(
                protocol, self._config.host, port, backlog=BACKLOG
            )
        except OSError as error:
            await self.close()
            raise SimulatorError(
                f"cannot listen on {self._config.host} port {port} for {what}:"
                f" {error.strerror}; choose another port, or 0 for a free one"
            ) from error
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _break(self, error: OSError) -> None:
        if not self.broken.done():
            self.broken.set_exception(
                SimulatorError(f"the acceptance log cannot be written: {error.strerror}")
            )


async def serve(config: SimulatorConfig) -> Simulator:
    """Start a simulator in the running event loop; the caller closes it."""
    loop = asyncio.get_running_loop()
    try:
        simulator = Simulator(config, loop)
    except OSError as error:
        raise SimulatorError(
            f"the acceptance log {config.log_file} cannot be opened: {error.strerror}"
        ) from error
    await simulator.start()
    return simulator


def run(config: SimulatorConfig) -> None:
    """Serve until SIGINT or SIGTERM; SimulatorError when it cannot start or the log breaks."""
    uvloop.run(_run(config))


async def _run(config: SimulatorConfig) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stopped.set)
    simulator = await serve(config)
    stopping = loop.create_task(stopped.wait())
    try:
        await asyncio.wait((stopping, simulator.broken), return_when=asyncio.FIRST_COMPLETED)
        if simulator.broken.done():
            simulator.broken.result()
    finally:
        stopping.cancel()
        await simulator.close()
