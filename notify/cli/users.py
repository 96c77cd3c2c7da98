"""``notify user add``: people who may sign in."""

from __future__ import annotations

import secrets
import sys

import click

from notify.cli.app import App, pass_app
from notify.cli.incidents import actor
from notify.usecases.add_user import ROLES, AddUser, add_user


@click.group("user")
def user_group() -> None:
    """People who may sign in."""


@user_group.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--race", help="Only for this race.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@pass_app
def add(app: App, email: str, *, role: str, race: str | None, password_stdin: bool) -> None:
    """Add somebody; prints the password made for them, once."""
    password = sys.stdin.readline().strip() if password_stdin else secrets.token_urlsafe(12)
    command = AddUser(email=email, role=role, password=password, race_id=race, actor=actor())
    account = add_user(command, services=app.services())
    click.echo(f"{account.email} may sign in as {account.role}.")
    if not password_stdin:
        click.echo(f"Password: {password}")
