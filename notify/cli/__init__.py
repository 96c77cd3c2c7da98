"""The ``notify`` command: the only module that knows every part of the product."""

from __future__ import annotations

import click

from notify.cli import check, demo, incidents, registrants, simulator, up, users
from notify.cli.app import App, Command
from notify.cli.sms_parts import sms_parts_command
from notify.logs import configure


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="notify", prog_name="notify")
@click.pass_context
def main(context: click.Context) -> None:
    """Crisis and broadcast notification for race organisers.

    Exit codes: 0 done, 1 failed, 2 wrong input or usage; nothing is half done.
    """
    configure()
    context.obj = App()


for _command in (
    *incidents.COMMANDS,
    *registrants.COMMANDS,
    *up.COMMANDS,
    *users.COMMANDS,
    check.check_command,
    demo.demo_command,
    simulator.simulator_command,
    sms_parts_command,
):
    main.add_command(_command)
