"""The figures as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 36


def show(document: Mapping[str, Any]) -> None:
    """Print the figures of every run side by side, with what they were measured on."""
    on = document["machine"]
    print(f"{on['cpu']}, {on['cores']} cores, Python {on['python']}, {on['system']}")
    print(f"commit {document['commit']}, seed {document['seed']}, {document['people']:,} people\n")
    columns = [_column(run) for run in document["runs"]]
    for name in columns[0]:
        values = "".join(f"{column.get(name, ''):>22}" for column in columns)
        print(f"{name:<{WIDTH}}{values}")


def _column(run: Mapping[str, Any]) -> dict[str, str]:
    cost, naive = run["cpu_ms_per_message"], run["naive"]
    rows = {
        "": run["database"],
        "race": run["race"],
        "messages on three channels": f"{run['messages']:,}",
        "trigger to commit, s": f"{run['trigger_s']:.2f}",
        "commit to first acceptance, s": f"{run['first_accepted_s']:.2f}",
        "commit to last outcome, s": f"{run['seconds']:.2f}",
        "messages/s": f"{run['messages_per_s']:,.0f}",
        "CPU-ms per message, workers": f"{cost['workers']:.3f}",
        "  database server": _server(run, cost["database"]),
        "  Redis": f"{cost['redis']:.4f}",
        "  simulated providers": f"{cost['simulator']:.3f}",
        "peak MiB, " + "/".join(run["worker_mib"]): "/".join(
            f"{mib:.0f}" for mib in run["worker_mib"].values()
        ),
    }
    return rows | (_naive_rows(run, naive) if naive else {})


def _naive_rows(run: Mapping[str, Any], naive: Mapping[str, Any]) -> dict[str, str]:
    return {
        "naive: messages": f"{naive['messages']:,}",
        "naive: messages/s": f"{naive['messages_per_s']:,.0f}",
        "naive: CPU-ms per message, workers": f"{naive['cpu_ms_per_message']['workers']:.2f}",
        "times the naive messages/s": f"{run['ratio_to_naive']:.1f}",
        "naive CPU, all parts, in times ours": f"{run['cpu_ratio_to_naive']:.1f}",
    }


def _server(run: Mapping[str, Any], spent: float) -> str:
    return "in the workers" if run["database"] == "sqlite" else f"{spent:.3f}"
