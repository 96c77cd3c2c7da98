"""YAML read into plain values together with the line each of them stands on."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top."""


@dataclass
class Document:
    """One YAML document: its value, the line (from 1) of every path, and what is wrong with it."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """Return the line of ``path``, or of the nearest thing around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_document(text: str) -> Document:
    """Return the one YAML document in ``text``; syntax errors become problems, not exceptions."""
    document = Document()
    try:
        node = _compose(text, document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, (error.context, error.problem)))
        line = mark.line + 1 if mark else 1
        document.problems.append((line, f"not valid YAML ({said}); check indents and quotes"))
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        document.problems.append((line, "has a control character; delete it"))
    else:
        if node is not None:
            document.value = _value(node, (), document)
    return document


def _compose(text: str, document: Document) -> yaml.Node | None:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        # One line of aliases can stand for gigabytes, and nobody misses them in 60 lines of YAML.
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 1
            document.problems.append((line, "uses an alias (*name); write the value out instead"))
            return None
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _value(node: yaml.Node, path: Path, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, at), document) for at, item in enumerate(node.value)]
    return _scalar(node, document)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[Hashable, Any]:
    found: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        # Keys are names here, so that `no:` and `1:` stay what was written.
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None:
            document.problems.append((line, "has a key that is not a word; write `word: value`"))
            continue
        if key in found:
            document.problems.append((line, f"has {key!r} twice; keep one of the two"))
        document.lines[(*path, key)] = line
        found[key] = _value(value_node, (*path, key), document)
    return found


def _scalar(node: yaml.Node, document: Document) -> Any:
    constructor = yaml.constructor.SafeConstructor()
    try:
        return constructor.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        said = str(error).splitlines()[0]
        document.problems.append((node.start_mark.line + 1, f"cannot be read: {said}"))
        return None
