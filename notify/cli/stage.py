"""Setting the stage of a demo: simulated providers, and settings that point at nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notify.cli.addresses import busy, free_port
from notify.cli.processes import Processes, notify_command
from notify.config import Settings, child_environment, load_settings
from notify.simulator.config import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN

SENDER = "+18005550199"


@dataclass(frozen=True)
class Stage:
    """Settings for the demo, the simulator's command, and processes that will share both.

    ``providers`` is the simulator's address.
    """

    settings: Settings
    providers: str
    simulator: Mapping[str, Sequence[str]]
    processes: Processes
    log_file: Path


def stage(settings: Settings, home: Path, *, any_port: bool) -> Stage:
    """Return a stage in ``home``; the web server takes a free port if its own is busy."""
    http, smtp = free_port(), free_port()
    host, port = settings.bind.rsplit(":", 1)
    web = free_port() if any_port or busy(host, int(port)) else int(port)
    account = home / "service-account.json"
    environment = {
        "NOTIFY_VAR": str(home),
        "NOTIFY_BIND": f"{host}:{web}",
        "NOTIFY_PUBLIC_URL": f"http://127.0.0.1:{web}",
        "TWILIO_ACCOUNT_SID": DEFAULT_ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": DEFAULT_AUTH_TOKEN,
        "TWILIO_FROM": SENDER,
        "TWILIO_MESSAGING_SERVICE_SID": "",
        "TWILIO_API_BASE": f"http://127.0.0.1:{http}",
        "FCM_PROJECT_ID": "demo",
        "FCM_API_BASE": f"http://127.0.0.1:{http}",
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        "SMTP_URL": f"smtp://127.0.0.1:{smtp}",
        "MAIL_FROM": "race@riverside.example.com",
    }
    log_file = settings.var / "demo.log"
    log_file.unlink(missing_ok=True)
    simulator = notify_command(
        *("simulator", "--port-http", str(http), "--port-smtp", str(smtp)),
        *("--service-account", str(account)),
    )
    return Stage(
        settings=load_settings(child_environment(environment)),
        providers=f"http://127.0.0.1:{http}",
        simulator={"simulator": simulator},
        processes=Processes(environment, log_file=log_file),
        log_file=log_file,
    )
