"""``notify simulator``: stand-ins for Twilio, FCM and a mail server, in a process of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from notify.cli.app import BAD_USAGE, FAILED, App, fail, pass_app
from notify.simulator import FaultFileError, SimulatorConfig, SimulatorError, load_faults, run
from notify.simulator.config import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN

_PORT = click.IntRange(0, 65535)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("simulator")
@click.option("--port-http", type=_PORT, default=0, help="Twilio and FCM; 0 picks a free one.")
@click.option("--port-smtp", type=_PORT, default=0, help="Mail; 0 picks a free one.")
@click.option("--faults", type=_FILE, help="Faults to inject: YAML or JSON, see docs/simulator.md.")
@click.option("--log-file", type=_FILE, help="Also append every acceptance here, before answering.")
@click.option(
    "--service-account",
    type=_FILE,
    help="Write a service account for FCM here; else where GOOGLE_APPLICATION_CREDENTIALS says.",
)
@click.option("--no-receipts", is_flag=True, help="Send no status callbacks.")
@click.option("--latency", type=click.FloatRange(0, 60), default=0.0, help="Seconds per answer.")
@pass_app
def simulator_command(app: App, /, **options: Any) -> None:
    """Run the provider stand-ins; prints one JSON line with the ports when ready.

    They let in the Twilio account and the FCM service account of the settings, so that an
    installation with the same environment can use them. GET /_log on the HTTP port returns what
    was accepted.
    """
    try:
        faults = load_faults(options["faults"]) if options["faults"] else None
    except FaultFileError as error:
        fail(str(error), BAD_USAGE)
    twilio, fcm = app.settings.twilio, app.settings.fcm
    config = SimulatorConfig(
        port_http=options["port_http"],
        port_smtp=options["port_smtp"],
        faults=faults,
        log_file=options["log_file"],
        service_account_file=options["service_account"] or (fcm.credentials if fcm else None),
        twilio_account_sid=twilio.account_sid if twilio else DEFAULT_ACCOUNT_SID,
        twilio_auth_token=twilio.auth_token if twilio else DEFAULT_AUTH_TOKEN,
        receipts=not options["no_receipts"],
        latency_s=options["latency"],
        ready=_say_ready,
    )
    try:
        run(config)
    except (SimulatorError, OSError) as error:
        fail(f"the simulator cannot run: {error}", FAILED)


def _say_ready(port_http: int, port_smtp: int) -> None:
    click.echo(json.dumps({"http": port_http, "smtp": port_smtp}))
