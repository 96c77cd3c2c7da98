"""The agents' script in parts: headings with what to say, what not to say, when to hand over."""

from __future__ import annotations

from dataclasses import dataclass

_ITEM = "- "


@dataclass(frozen=True)
class Section:
    """One part: a heading (perhaps empty), points, and text that is no list."""

    heading: str
    points: tuple[str, ...] = ()
    text: str = ""


def sections(script: str) -> tuple[Section, ...]:
    """Return the parts of a plain-text script.

    A paragraph right before a list is the list's heading; every other paragraph stands by itself.
    """
    found: list[Section] = []
    heading = ""
    for block in filter(None, (part.strip() for part in script.split("\n\n"))):
        if block.startswith(_ITEM):
            found.append(Section(heading, points=_points(block)))
            heading = ""
            continue
        if heading:
            found.append(Section("", text=heading))
        heading = block
    if heading:
        found.append(Section("", text=heading))
    return tuple(found)


def _points(block: str) -> tuple[str, ...]:
    points: list[str] = []
    for line in block.splitlines():
        if line.startswith(_ITEM) or not points:
            points.append(line.removeprefix(_ITEM))
        else:
            points[-1] = f"{points[-1]}\n{line.strip()}"
    return tuple(points)
