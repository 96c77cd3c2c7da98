"""``notify sms-parts``: how many parts each text of a JSON-lines stream costs."""

from __future__ import annotations

import json
from typing import TextIO

import click

from notify.cli.app import BAD_USAGE, fail
from notify.domain.sms import count_parts


@click.command("sms-parts")
@click.argument("source", type=click.File("r", encoding="utf-8-sig"), default="-")
def sms_parts_command(source: TextIO) -> None:
    """Read JSON lines {"text": …}; print encoding, segments, units and the offending characters."""
    line = 0
    try:
        for line, text in enumerate(source, start=1):  # noqa: B007 - named in the error
            if text.strip():
                click.echo(_answer(text))
    except (ValueError, TypeError, RecursionError) as error:
        fail(f"line {max(1, line)}: {_wrong(error)}", BAD_USAGE)


def _answer(text: str) -> str:
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("text"), str):
        raise TypeError('is not an object with a text; write {"text": "Race cancelled"}')
    document["text"].encode()  # half a surrogate pair is no text, and could not be printed
    parts = count_parts(document["text"])
    answer = {
        "encoding": parts.encoding,
        "segments": parts.segments,
        "units": parts.units,
        "offending": list(parts.offending),
    }
    return json.dumps(answer, ensure_ascii=False)


def _wrong(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON ({error.msg} at column {error.colno})"
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8; save the file as UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "has half a character (an unpaired surrogate); remove it"
    if isinstance(error, RecursionError):
        return "is not JSON that can be read (nested too deeply)"
    return str(error)
