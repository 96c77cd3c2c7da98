"""``notify simulator``: stand-ins for Twilio, FCM and a mail server, in a process of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from notify.cli.app import BAD_USAGE, FAILED, fail
from notify.simulator import FaultFileError, SimulatorConfig, SimulatorError, load_faults, run

_PORT = click.IntRange(0, 65535)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("simulator")
@click.option("--port-http", type=_PORT, default=0, help="Twilio and FCM; 0 picks a free one.")
@click.option("--port-smtp", type=_PORT, default=0, help="Mail; 0 picks a free one.")
@click.option("--faults", type=_FILE, help="Faults to inject: YAML or JSON, see docs/simulator.md.")
@click.option("--log-file", type=_FILE, help="Also append every acceptance here, before answering.")
@click.option("--service-account", type=_FILE, help="Write a service account for FCM here.")
@click.option("--no-receipts", is_flag=True, help="Send no status callbacks.")
@click.option("--latency", type=click.FloatRange(0, 60), default=0.0, help="Seconds per answer.")
def simulator_command(**options: Any) -> None:
    """Run the provider stand-ins; prints one JSON line with the ports when ready.

    GET /_log on the HTTP port returns what was accepted.
    """
    try:
        faults = load_faults(options["faults"]) if options["faults"] else None
    except FaultFileError as error:
        fail(str(error), BAD_USAGE)
    config = SimulatorConfig(
        port_http=options["port_http"],
        port_smtp=options["port_smtp"],
        faults=faults,
        log_file=options["log_file"],
        service_account_file=options["service_account"],
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
