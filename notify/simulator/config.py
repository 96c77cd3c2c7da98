"""What a simulator is started with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from notify.simulator.faults import FaultPlan

# Of the shape the SDK and our own settings check for, and nobody's: pairs of one repeated byte.
DEFAULT_ACCOUNT_SID = "AC" + "5a" * 16
DEFAULT_AUTH_TOKEN = "simulated-auth-token"  # noqa: S105 - opens nothing but this simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorConfig:
    """Ports (0 = a free one), credentials, faults and timing of one simulator; seconds throughout.

    `ready` is called once with the HTTP and the SMTP port when both accept connections.
    """

    port_http: int = 0
    port_smtp: int = 0
    host: str = "127.0.0.1"
    faults: FaultPlan | None = None
    log_file: Path | None = None
    twilio_account_sid: str = DEFAULT_ACCOUNT_SID
    twilio_auth_token: str = DEFAULT_AUTH_TOKEN
    receipts: bool = True
    receipt_delay_s: float = 0.05
    receipt_connections: int = 8
    service_number: str = "+12025550199"  # what a Messaging Service picks as sender
    fcm_project_id: str | None = None  # None: any project is served
    service_account_file: Path | None = None  # written (or its key read again) before `ready`
    smtp_username: str | None = None  # None: any credentials are let in, and none are needed
    smtp_password: str | None = None
    latency_s: float = 0.0
    public_base: str | None = None  # the base URL clients use, when it is not http://host:port
    ready: Callable[[int, int], None] | None = None
    now: Callable[[], float] = time.time  # seconds since the epoch
