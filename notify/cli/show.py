"""What a person reads in the terminal: previews, launches, progress."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from notify.cli.app import print_json
from notify.domain.delivery import Channel
from notify.usecases.hold import Held
from notify.usecases.launch import Launched
from notify.usecases.preview import Preview, Sample
from notify.usecases.services import Services
from notify.usecases.status import Status

REASONS = {
    "status_not_affected": "registration not affected",
    "course_not_affected": "course not affected",
    "wave_not_affected": "wave not affected",
    "language_not_affected": "language not affected",
    "already_finished": "already finished",
    "no_payment_in_window": "no payment in the window",
    "no_address": "no address on any channel",
    "not_told_before": "was not told before",
}
"""Why people are left out, in words."""


def show_preview(preview: Preview, *, as_json: bool) -> None:
    """Print a preview."""
    if as_json:
        print_json(preview_document(preview))
        return
    console = Console()
    drill = "EXERCISE · " if preview.drill else ""
    console.print(
        f"\n[bold]{drill}{preview.people:,} people[/] would get this [bold]{preview.kind}[/]"
        f" of {preview.playbook_id}\n"
    )
    console.print(_channels(preview))
    console.print(_audience(preview))
    for sample in preview.samples:
        console.print(_sample(sample))
    console.print(
        f"fingerprint {preview.fingerprint[:16]}  ·  nothing has been sent\n", style="dim"
    )


def _channels(preview: Preview) -> Table:
    table = Table("channel", "messages", "parts", "cost", "last one leaves after")
    for forecast in preview.channels:
        cost = "–" if forecast.cost is None else f"{forecast.cost:,.2f} {forecast.currency}"
        wait = str(timedelta(seconds=round(forecast.seconds)))
        row = (forecast.channel, f"{forecast.messages:,}", f"{forecast.parts:,}", cost, wait)
        table.add_row(*row)
    for channel, detail in preview.off.items():
        table.add_row(channel, "off", "", "", detail, style="yellow")
    return table


def _audience(preview: Preview) -> Table:
    table = Table("", "people")
    for title, counts in (
        ("language", preview.by_language),
        ("course", preview.by_course),
        ("wave", preview.by_wave),
        ("group", preview.by_group),
    ):
        for name, count in counts.items():
            table.add_row(escape(f"{title} {name}"), f"{count:,}")
    for reason, count in preview.left_out.items():
        table.add_row(f"left out: {REASONS.get(reason, reason)}", f"{count:,}", style="dim")
    return table


def _sample(sample: Sample) -> Panel:
    lines = []
    for channel, found in sample.texts.items():
        # A bracket in somebody's name or in the wording is no markup of the terminal.
        texts = {name: escape(text) for name, text in found.items()}
        if channel is Channel.SMS and sample.sms is not None:
            size = f"{sample.sms.segments} × {sample.sms.encoding}"
            lines.append(f"[bold]SMS[/] ({size})\n{texts['sms']}")
        elif channel is Channel.PUSH:
            lines.append(f"[bold]Push[/]\n{texts['push_title']}\n{texts['push_body']}")
        else:
            lines.append(f"[bold]E-mail[/] {texts['email_subject']}\n{texts['email_text']}")
    title = escape(f"{sample.name} · bib {sample.bib} · {sample.course} · wave {sample.wave}")
    return Panel("\n\n".join(lines), title=f"{title} · {sample.language} · {sample.group}")


def preview_document(preview: Preview) -> dict[str, object]:
    """Return a preview as plain data, for JSON."""
    return {
        "playbook": preview.playbook_id,
        "race": preview.race_id,
        "kind": preview.kind,
        "drill": preview.drill,
        "facts": dict(preview.facts),
        "fingerprint": preview.fingerprint,
        "people": preview.people,
        "left_out": dict(preview.left_out),
        "languages": dict(preview.by_language),
        "courses": dict(preview.by_course),
        "waves": dict(preview.by_wave),
        "groups": dict(preview.by_group),
        "channels": {
            forecast.channel: {
                "messages": forecast.messages,
                "parts": forecast.parts,
                "max_parts": forecast.max_parts,
                "seconds": round(forecast.seconds, 1),
                "suppressed": forecast.suppressed,
                "cost": forecast.cost,
                "currency": forecast.currency,
            }
            for forecast in preview.channels
        },
        "off": dict(preview.off),
        "samples": [_sample_document(sample) for sample in preview.samples],
        "shown": {language: dict(texts) for language, texts in preview.shown.items()},
    }


def _sample_document(sample: Sample) -> dict[str, object]:
    return {
        "name": sample.name,
        "bib": sample.bib,
        "course": sample.course,
        "wave": sample.wave,
        "group": sample.group,
        "language": sample.language,
        "texts": {channel: dict(texts) for channel, texts in sample.texts.items()},
    }


def show_launched(launched: Launched, *, services: Services) -> None:
    """Say that a notice is under way, and where to look."""
    verb = "was already under way" if launched.repeated else "is under way"
    total = sum(launched.deliveries.values())
    click.echo(f"Incident {launched.incident_id} {verb}: {total:,} messages.", err=True)
    if launched.published_at is None:
        click.echo("Nothing leaves yet: a surface does not show the revision.", err=True)
    click.echo(f"Page: {services.links.page(launched.incident_id)}", err=True)


def show_held(held: Held, *, as_json: bool) -> None:
    """Say what a stop or a resume met."""
    if as_json:
        print_json(
            {
                "incident": held.incident_id,
                "sent": held.sent,
                "in_flight": held.in_flight,
                "held": held.held,
                "changed": held.changed,
            }
        )
        return
    click.echo(
        f"Incident {held.incident_id}: {held.sent:,} sent, {held.in_flight:,} on their way,"
        f" {held.held:,} not sent."
    )


def show_status(status: Status) -> None:
    """Print where an incident stands."""
    console = Console()
    flags = " · ".join(
        text for text, on in (("EXERCISE", status.drill), ("STOPPED", status.held)) if on
    )
    console.print(
        f"\n[bold]{status.incident}[/] {status.playbook} on {status.race}: {status.status},"
        f" {status.kind}, revision {status.revision} {flags}"
    )
    console.print(f"{status.reached:,} of {status.people:,} people reached")
    table = Table("channel", "status", "messages")
    for channel, counts in status.deliveries.items():
        for name, count in counts.items():
            table.add_row(channel, name, f"{count:,}")
    console.print(table)
    _lines(console, "failed", status.failures)
    _lines(console, "to be tried again", status.waiting)
    _lines(console, "left out", {REASONS.get(k, k): v for k, v in status.left_out.items()})
    moments = ", ".join(
        f"{name.replace('_', ' ')} {seconds:.2f} s"
        for name, seconds in status.seconds.items()
        if seconds is not None
    )
    console.print(moments, style="dim")
    for name, url in status.urls.items():
        console.print(f"{name}: {url}", style="dim")


def _lines(console: Console, title: str, counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        console.print(f"{title}: {name} {count:,}", style="dim")
