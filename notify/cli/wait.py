"""Following a notice until every delivery has left, with a progress bar on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from notify.domain.delivery import OPEN
from notify.usecases.services import Services
from notify.usecases.status import Status, status

POLL_S = 0.25


def follow(
    incident_id: str, *, services: Services, check: Callable[[], None] = lambda: None
) -> Status:
    """Return the status once nothing of the notice is open any more; ``check`` may give up."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description:>6}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[waiting]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    tasks: dict[str, TaskID] = {}
    with bar:
        while True:
            check()
            current = status(incident_id, services=services)
            for channel, counts in current.deliveries.items():
                total = sum(counts.values())
                done = total - sum(counts.get(state, 0) for state in OPEN)
                if channel not in tasks:
                    tasks[channel] = bar.add_task(channel, total=total, waiting="")
                bar.update(
                    tasks[channel],
                    total=total,
                    completed=done,
                    waiting=_waiting(channel, current.waiting),
                )
            if not current.open:
                return current
            time.sleep(POLL_S)


def _waiting(channel: str, counts: Mapping[str, int]) -> str:
    """Why messages of ``channel`` wait, for a bar that stands still must say so."""
    codes = [code for code in counts if code.startswith(f"{channel}:")]
    listed = ", ".join(f"{code.partition(':')[2]} ({counts[code]:,})" for code in codes)
    return f"to be tried again: {listed}" if listed else ""
