"""One bench per channel: the channel, its provider, and how to make the provider misbehave."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from notify.channels.fcm_push import FcmPush
from notify.channels.smtp_email import SmtpEmail
from notify.channels.twilio_sms import TwilioAccount, TwilioSms
from notify.domain.delivery import Channel as ChannelName
from notify.ports import Channel, Rejected, Throttled, Unavailable, Uncertain
from notify.simulator import (
    DEFAULT_ACCOUNT_SID,
    FaultPlan,
    Simulator,
    SimulatorConfig,
    parse_faults,
    serve,
)
from tests.channels.messages import AUTH_TOKEN, EMAIL, MAIL_PASSWORD, PHONE, TOKEN, now, real_now
from tests.fakes.channel import FakeChannel
from tests.services.processes import free_port

PATIENCE_S = 10.0
IMPATIENCE_S = 2.0
"""How long a channel waits in the tests where no answer ever comes; long enough for all before."""
RUBBISH = ("bad_json", "html_200", "no_sid", "wrong_sid", "huge_body", "accept_then_cut")


class Bench(ABC):
    """A provider and its channel; ``situations`` are the misfortunes it can arrange."""

    name: ChannelName
    address: str
    situations: ClassVar[dict[str, dict[str, Any]]]

    @abstractmethod
    def channel(
        self, *, signed_in: bool = True, reachable: bool = True, patience: float = PATIENCE_S
    ) -> Channel:
        """Return a channel to the provider."""

    @abstractmethod
    def arrange(self, situation: str) -> None:
        """Make the provider do this to every message."""

    @abstractmethod
    def recover(self) -> None:
        """Let the provider be well again."""

    @abstractmethod
    def calls(self) -> int:
        """Return how often the provider was given a message since ``arrange``."""

    @abstractmethod
    def accepted(self) -> list[dict[str, Any]]:
        """Return what the provider accepted."""


class SimulatorBench(Bench):
    """A bench around the simulator."""

    def __init__(self, simulator: Simulator, credentials: Path) -> None:
        self.simulator = simulator
        self.credentials = credentials

    def arrange(self, situation: str) -> None:
        """Install one rule that always fires."""
        rule = {"match": {"channel": str(self.name)}, "effect": self.situations[situation]}
        self.simulator.faults.install(parse_faults([rule], "the test"))

    def recover(self) -> None:
        """Remove the rule."""
        self.simulator.faults.install(FaultPlan())

    def calls(self) -> int:
        """Return how many sends met the rule."""
        return self.simulator.faults.plan.rules[0].seen

    def accepted(self) -> list[dict[str, Any]]:
        """Return the simulator's log of this channel."""
        return [json.loads(line) for line in self.simulator.log.lines(str(self.name), 0, None)]

    def base(self, *, reachable: bool) -> str:
        """Return the base URL, or one where nobody listens."""
        return self.simulator.base_url if reachable else f"http://127.0.0.1:{free_port()}"


class SmsBench(SimulatorBench):
    """Twilio."""

    name = ChannelName.SMS
    address = PHONE
    situations: ClassVar[dict[str, dict[str, Any]]] = {
        "dead address": {"kind": "error", "code": 21211},
        "refused": {"kind": "error", "code": 21408},
        "throttled": {"kind": "error", "code": 20429, "retry_after": 90},
        "failed": {"kind": "accept_then_500", "status": 503},
        **{kind: {"kind": kind} for kind in RUBBISH},
        "lost before": {"kind": "close_before_accept"},
        "lost after": {"kind": "accept_then_close"},
        "silent": {"kind": "hang", "seconds": 600, "accepted": True},
    }

    def channel(
        self, *, signed_in: bool = True, reachable: bool = True, patience: float = PATIENCE_S
    ) -> TwilioSms:
        """Return the SMS channel."""
        token = AUTH_TOKEN if signed_in else "canary-wrong-token"
        base = self.base(reachable=reachable)
        account = TwilioAccount(DEFAULT_ACCOUNT_SID, token, "MG" + "5a" * 16, base)
        return TwilioSms(account, now=now, callback_url=_callback_url, read_timeout=patience)


class PushBench(SimulatorBench):
    """FCM and Google's token endpoint."""

    name = ChannelName.PUSH
    address = TOKEN
    situations: ClassVar[dict[str, dict[str, Any]]] = {
        **SmsBench.situations,
        "dead address": {"kind": "error", "code": "UNREGISTERED"},
        "refused": {"kind": "error", "code": "INVALID_ARGUMENT"},
        "throttled": {"kind": "error", "code": "QUOTA_EXCEEDED", "retry_after": 90},
    }

    def channel(
        self, *, signed_in: bool = True, reachable: bool = True, patience: float = PATIENCE_S
    ) -> FcmPush:
        """Return the push channel; signed out, Google does not know its service account."""
        document = self.simulator.account.document(self.base(reachable=reachable))
        if not signed_in:
            document["client_email"] = "canary-nobody@example.com"
        self.credentials.write_text(json.dumps(document))
        return FcmPush(
            "demo",
            self.credentials,
            now=real_now,
            api_base=self.base(reachable=reachable),
            read_timeout=patience,
        )


class EmailBench(SimulatorBench):
    """An SMTP server that wants a password."""

    name = ChannelName.EMAIL
    address = EMAIL
    situations: ClassVar[dict[str, dict[str, Any]]] = {
        "dead address": {"kind": "smtp_reply", "code": 550, "at": "rcpt"},
        "refused": {"kind": "smtp_reply", "code": 554, "at": "dot"},
        "throttled": {"kind": "smtp_reply", "code": 451, "at": "rcpt"},
        "lost before": {"kind": "close_before_accept"},
        "lost after": {"kind": "accept_then_close"},
        "silent": {"kind": "hang", "seconds": 600, "accepted": True},
    }

    def channel(
        self, *, signed_in: bool = True, reachable: bool = True, patience: float = PATIENCE_S
    ) -> SmtpEmail:
        """Return the e-mail channel."""
        password = quote(MAIL_PASSWORD if signed_in else "canary-wrong", safe="")
        port = self.simulator.smtp_port if reachable else free_port()
        url = f"smtp://us%40er:{password}@127.0.0.1:{port}"
        channel = SmtpEmail(
            url,
            "Lakeshore Marathon <race@example.com>",
            now=now,
            unsubscribe_url=lambda delivery: f"https://race.example.com/u/{delivery}",
        )
        channel.read_timeout = patience
        return channel


class FakeBench(Bench):
    """The fake: it is told what the others bring about."""

    name = ChannelName.SMS
    address = PHONE
    situations: ClassVar[dict[str, dict[str, Any]]] = {
        "dead address": {"error": lambda: Rejected("fake", address_dead=True)},
        "refused": {"error": lambda: Rejected("fake")},
        "throttled": {"error": lambda: Throttled("fake", retry_after=90)},
        "lost before": {"error": lambda: Uncertain("fake")},
        "lost after": {"error": lambda: Uncertain("fake")},
        "silent": {"error": lambda: Uncertain("fake")},
    }

    def __init__(self) -> None:
        self.fake = FakeChannel(self.name)

    def channel(
        self, *, signed_in: bool = True, reachable: bool = True, patience: float = PATIENCE_S
    ) -> FakeChannel:
        """Return the fake."""
        if not signed_in:
            self.fake.answers.append(Unavailable("fake", credentials=True))
        if not reachable:
            self.fake.answers.append(Unavailable("fake"))
        return self.fake

    def arrange(self, situation: str) -> None:
        """Queue the answer."""
        self.fake.taken.clear()
        self.fake.answers.append(self.situations[situation]["error"]())

    def recover(self) -> None:
        """Do nothing: an answer is given once."""

    def calls(self) -> int:
        """Return how often ``send`` was called."""
        return len(self.fake.taken)

    def accepted(self) -> list[dict[str, Any]]:
        """Return the accepted messages."""
        return [{"delivery": message.delivery} for message in self.fake.accepted]


BENCHES: dict[str, type[Bench]] = {
    "sms": SmsBench,
    "push": PushBench,
    "email": EmailBench,
    "fake": FakeBench,
}


@asynccontextmanager
async def opened(kind: str, directory: Path) -> AsyncIterator[Bench]:
    """Start what the bench needs and end it afterwards."""
    cls = BENCHES[kind]
    if not issubclass(cls, SimulatorBench):
        yield FakeBench()
        return
    config = SimulatorConfig(
        twilio_auth_token=AUTH_TOKEN,
        receipts=False,
        smtp_username="us@er",
        smtp_password=MAIL_PASSWORD,
        # Its key is read again by the next simulator: making one takes longer than the test.
        service_account_file=directory / "key" / "simulator.json",
    )
    simulator = await serve(config)
    try:
        yield cls(simulator, directory / "credentials.json")
    finally:
        await simulator.close()


def _callback_url(delivery: str, attempt: int) -> str:
    return f"https://race.example.com/webhooks/twilio/status/{delivery}.{attempt}"
