"""Commands on races and their people: race add, import, export."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from notify.cli.app import FAILED, App, json_option, pass_app, print_json
from notify.cli.show_import import report_document, show_report
from notify.usecases.add_race import AddRace, RaceAdded, add_race
from notify.usecases.export_registrants import ExportRegistrants, export_registrants
from notify.usecases.import_registrants import ImportRegistrants, import_registrants

_PATH = click.Path(path_type=Path)
_race: Callable[[Any], Any] = click.option("--race", required=True, help="The race's id.")


@click.group("race")
def race_group() -> None:
    """Races: courses, waves, segments and the wall clock."""


@race_group.command("add")
@click.argument("file", type=_PATH)
@json_option
@pass_app
def race_add_command(app: App, file: Path, *, as_json: bool) -> None:
    """Add the race in FILE.yaml, or change the one with its id."""
    services = app.services()
    added = add_race(AddRace(file), database=services.database, now=services.now)
    if as_json:
        changed = list(added.changed)
        print_json({"race": added.race.id, "created": added.created, "changed": changed})
    else:
        click.echo(_added(added))


@click.command("import")
@click.argument("file", type=_PATH)
@_race
@click.option("--mapping", type=_PATH, help="YAML that says what the file's words mean.")
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
@click.option("--skip-refused", is_flag=True, help="Import the other rows when some are refused.")
@json_option
@pass_app
def import_command(app: App, /, file: Path, race: str, **options: Any) -> None:
    """Import a race's registrants from a CSV FILE: all of them, or nobody.

    People are matched by registration id, so importing a newer file updates them. Headers, values
    and reasons are listed in docs/import.md.
    """
    as_json: bool = options.pop("as_json")
    services = app.services()
    command = ImportRegistrants(file, race, **options)
    with _progress(file) as progress:
        report = import_registrants(
            command, database=services.database, now=services.now, progress=progress
        )
    if as_json:
        print_json(report_document(report))
    else:
        show_report(report, command)
    if report.refused and not command.skip_refused:
        sys.exit(FAILED)


@click.command("export")
@click.argument("file", type=_PATH)
@_race
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@json_option
@pass_app
def export_command(app: App, file: Path, race: str, *, overwrite: bool, as_json: bool) -> None:
    """Write a race's registrants to a CSV FILE, safe to open in a spreadsheet."""
    command = ExportRegistrants(race, file, overwrite=overwrite)
    exported = export_registrants(command, database=app.services().database)
    if as_json:
        print_json({"race": race, "rows": exported.rows, "file": str(file)})
    else:
        click.echo(f"Wrote {exported.rows:,} registrants of {race} to {file}.")


def _added(added: RaceAdded) -> str:
    race = added.race
    if added.created:
        return f"Added race {race.id}: {len(race.courses)} courses, {len(race.waves)} waves."
    if not added.changed:
        return f"Race {race.id} is there already and is the same."
    return f"Updated race {race.id}: {', '.join(added.changed)}."


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], None]]:
    """Show on standard error, if a person is there, how much of ``file`` has been read."""
    console = Console(stderr=True)
    columns = (TextColumn("Reading"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    size = file.stat().st_size if file.is_file() else 0
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=size)
        yield lambda bytes_read: progress.update(task, completed=bytes_read)
