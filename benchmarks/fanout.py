"""How fast a notice leaves, what a message costs, and how that compares with the naive design.

    python benchmarks/fanout.py --people 30000 --database sqlite --json

Everything is real but the providers: database, Redis, the worker processes, the simulator in its
own process. All figures of a run are taken on one machine within minutes: believe the ratios.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import click

from benchmarks.engine import load, run_engine, services_of
from benchmarks.machine import commit, machine
from benchmarks.naive import run_naive
from benchmarks.race import RaceSize
from benchmarks.report import show
from benchmarks.stage import BenchmarkFailed, stage
from tests.services.processes import begin_run, end_run

DATABASES = ("sqlite", "postgresql")
PEOPLE, NAIVE_MESSAGES = 30_000, 900

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.option("--people", type=click.IntRange(10, 2_000_000), default=PEOPLE, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), help="Without it, one after the other.")
@click.option(
    "--naive-messages",
    type=click.IntRange(0, 100_000),
    default=NAIVE_MESSAGES,
    show_default=True,
    help="How many the naive design sends; 0 leaves it out.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the made-up race.")
@click.option("--data", type=_FOLDER, help="Scale lakeshore-marathon.csv of this folder instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def main(
    *,
    people: int,
    database: str | None,
    naive_messages: int,
    seed: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Measure the fan-out to a race of --people on three channels against the naive design."""
    size = RaceSize(people, seed, data)
    chosen = DATABASES if database is None else (database,)
    try:
        with _run_directory():
            runs = [_measure(name, size, naive_messages) for name in chosen]
    except BenchmarkFailed as failed:
        click.echo(f"fanout: {failed}", err=True)
        sys.exit(1)
    document: dict[str, Any] = {
        "machine": machine(),
        "commit": commit(),
        "seed": seed,
        "people": people,
        "runs": runs,
    }
    if len(runs) == 1:
        document |= runs[0]
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        show(document)


def _measure(database: str, size: RaceSize, naive_messages: int) -> dict[str, Any]:
    with stage(database) as set_up:
        services = services_of(set_up)
        click.echo(f"{database}: importing {size.people:,} people", err=True)
        loaded = load(set_up, size, services)
        click.echo(f"{database}: sending the notice", err=True)
        notice_id, figures = run_engine(set_up, loaded, services)
        naive = None
        if naive_messages:
            click.echo(f"{database}: sending {naive_messages:,} the naive way", err=True)
            naive = run_naive(set_up, services, notice_id, naive_messages)
        services.database.engine.dispose()
    return {
        "database": database,
        "race": loaded.name,
        "import_s": loaded.import_s,
        **figures,
        "naive": naive,
        **_ratios(figures, naive),
    }


def _ratios(ours: dict[str, Any], naive: dict[str, Any] | None) -> dict[str, float | None]:
    """Compare both designs: by speed, and by processor time, which other load disturbs less."""
    if naive is None:
        return {"ratio_to_naive": None, "cpu_ratio_to_naive": None}
    ours_ms, naive_ms = (sum(run["cpu_ms_per_message"].values()) for run in (ours, naive))
    return {
        "ratio_to_naive": round(ours["messages_per_s"] / naive["messages_per_s"], 1),
        "cpu_ratio_to_naive": round(naive_ms / ours_ms, 1),
    }


@contextmanager
def _run_directory() -> Iterator[None]:
    """Give every part a place under one temporary folder, gone at the end however it comes."""
    signal.signal(signal.SIGTERM, _leave)
    begin_run()
    try:
        yield
    finally:
        end_run()


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    # As an exception, so that every process started is ended on the way out.
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
