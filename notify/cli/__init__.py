"""The ``notify`` command: the only module that knows every part of the product."""

from __future__ import annotations

import click

from notify.cli.app import App, Command
from notify.logs import configure

_AT = "notify.cli"

COMMANDS = {
    "demo": (f"{_AT}.demo:demo_command", "See the whole system work on this machine."),
    "up": (f"{_AT}.up:up_command", "Run web, workers and clock until stopped."),
    "check": (f"{_AT}.check:check_command", "Is everything ready for a crisis?"),
    "race": (f"{_AT}.registrants:race_group", "Add a race, or change one."),
    "import": (f"{_AT}.registrants:import_command", "Bring registrants into a race."),
    "export": (f"{_AT}.registrants:export_command", "Write a race's registrants as CSV."),
    "user": (f"{_AT}.users:user_group", "Let people sign in."),
    "preview": (f"{_AT}.incidents:preview_command", "Who would get what? Sends nothing."),
    "trigger": (f"{_AT}.incidents:trigger_command", "Start an incident and tell everybody."),
    "status": (f"{_AT}.incidents:status_command", "How far has it come?"),
    "update": (f"{_AT}.incidents:update_command", "Facts have changed: tell them."),
    "correct": (f"{_AT}.incidents:correct_command", "Take a wrong notice back."),
    "resolve": (f"{_AT}.incidents:resolve_command", "Give the all-clear and close."),
    "stop": (f"{_AT}.incidents:stop_command", "Hold what has not left yet."),
    "resume": (f"{_AT}.incidents:resume_command", "Let what was held leave."),
    "sms-parts": (f"{_AT}.sms_parts:sms_parts_command", "How many parts does a text cost?"),
    "simulator": (f"{_AT}.simulator:simulator_command", "Run the provider stand-ins."),
    "web": (f"{_AT}.up:web_command", "Run the web server alone."),
    "clock": (f"{_AT}.up:clock_command", "Run the clock alone."),
}
"""Each command: where it is, and what it is for."""


@click.group(
    cls=Command, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="notify", prog_name="notify")
@click.pass_context
def main(context: click.Context) -> None:
    """Crisis and broadcast notification for race organisers.

    Exit codes: 0 done, 1 failed, 2 wrong input or usage; nothing is half done.
    """
    configure()
    context.obj = App()
