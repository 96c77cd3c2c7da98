"""What a person, or a program, is told about an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from notify.domain.registrant import Changes
from notify.usecases.import_registrants import ImportRegistrants, ImportReport

_SHOWN = 10


def report_document(report: ImportReport) -> dict[str, object]:
    """Return the report as plain data, for JSON. Holds personal data: standard output only."""
    return {
        "imported": report.imported,
        "rows": report.rows,
        "accepted": report.accepted,
        "refused": dict(report.refused),
        "cells_flagged": dict(report.cells_flagged),
        "distinct_phones": report.distinct_phones,
        "distinct_emails": report.distinct_emails,
        "push_tokens": report.push_tokens,
        "courses": dict(report.courses),
        "statuses": dict(report.statuses),
        "payments": dict(report.payments),
        "errors": [
            {
                "row": fault.row,
                "column": fault.column,
                "reason": fault.reason.value,
                "value": fault.value,
            }
            for fault in report.errors
        ],
        "changes": asdict(report.changes),
        "notes": list(report.notes),
    }


def show_report(report: ImportReport, command: ImportRegistrants) -> None:
    """Print what was in the file, what changes, the first errors, and what to do next."""
    console = Console(highlight=False, soft_wrap=True)
    verdict = "Imported" if report.imported else "Nothing imported"
    refused = sum(report.refused.values())
    console.print(
        f"[bold]{verdict}[/]: {report.rows:,} rows, {report.accepted:,} accepted,"
        f" {refused:,} refused, {sum(report.cells_flagged.values()):,} cells flagged"
    )
    console.print(
        f"Addresses: {report.distinct_phones:,} phones, {report.distinct_emails:,} e-mails,"
        f" {report.push_tokens:,} push tokens"
    )
    _show_changes(console, report.changes, done=report.imported)
    _show_counts(console, "Refused", report.refused)
    _show_counts(console, "Flagged (the person is kept)", report.cells_flagged)
    _show_errors(console, report)
    for note in report.notes:
        console.print(Text(f"Note: {note}", style="dim"))
    console.print(Text(_next_step(report, command)))


def _show_changes(console: Console, changes: Changes, *, done: bool) -> None:
    console.print(
        f"{'Race' if done else 'Would change the race'}: {changes.added:,} added,"
        f" {changes.updated:,} updated, {changes.unchanged:,} unchanged;"
        f" {changes.absent:,} not in the file stay"
    )
    _show_counts(console, "Updated columns", changes.columns)
    if changes.examples:
        table = Table("registration id", "column", "before", "after")
        for change in changes.examples[:_SHOWN]:
            cells = (change.registration_id, change.column, change.before, change.after)
            table.add_row(*map(Text, cells))
        console.print(table)


def _show_counts(console: Console, title: str, counts: Mapping[str, int]) -> None:
    if counts:
        listed = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
        console.print(Text(f"{title}: {listed}"))


def _show_errors(console: Console, report: ImportReport) -> None:
    if not report.errors:
        return
    table = Table("row", "column", "reason", "value")
    # A refused row keeps everybody out, so those come first.
    order = sorted(report.errors, key=lambda fault: fault.reason.value not in report.refused)
    for fault in order[:_SHOWN]:
        cells = (str(fault.row), fault.column, fault.reason.value, fault.value)
        table.add_row(*map(Text, cells))
    console.print(table)
    if len(report.errors) > _SHOWN:
        console.print(f"… and {len(report.errors) - _SHOWN:,} more; --json lists them")


def _next_step(report: ImportReport, command: ImportRegistrants) -> str:
    if report.refused and not command.skip_refused:
        return (
            "Next: correct the refused rows, or name unknown courses in a mapping file (--mapping),"
            " and import again; --skip-refused imports the others without them."
        )
    if command.dry_run:
        return "Next: run it again without --dry-run."
    if report.cells_flagged:
        return "Next: correct the flagged cells and import again; everybody else stays as they are."
    return "Next: notify preview PLAYBOOK --race " + command.race_id
