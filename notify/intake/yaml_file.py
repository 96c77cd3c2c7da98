"""A YAML file as texts, lists and mappings, together with the line each value stands on.

Every scalar is the text that was written: ``07:30`` stays a time and ``no`` stays a word, whatever
YAML would make of them. The schema that reads the document knows what each value should be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from notify.intake.files import FileRefused, Problem, open_file

MAX_BYTES = 200_000
_MAX_DEPTH = 20
KeyPath = tuple[str | int, ...]


@dataclass
class YamlFile:
    """One document: its value, and the line (from 1) on which each key and item stands."""

    path: Path
    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def problem(self, key_path: KeyPath, message: str) -> Problem:
        """Return what is wrong with the value at ``key_path``, with its line and its name."""
        known = key_path
        while known and known not in self.lines:
            known = known[:-1]
        named = f"{_dotted(key_path)}: {message}" if key_path else message
        return Problem(self.path, named, f"line {self.lines.get(known, 1)}")

    def refusal(self, error: ValidationError) -> FileRefused:
        """Return everything marshmallow found wrong, in the order of the file."""
        messages = error.messages if isinstance(error.messages, dict) else {(): error.messages}
        found = [self.problem(path, message) for path, message in _flat(messages)]
        return FileRefused(*sorted(found, key=lambda problem: int(problem.place.split()[-1])))


def read_yaml(path: Path) -> YamlFile:
    """Return the document of the file at ``path``; raises ``FileRefused`` if it is not YAML."""
    document = YamlFile(path)
    with open_file(path) as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise FileRefused(Problem(path, "is larger than 200 kB; this is not such a file"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused(path, line, "is not UTF-8 text; save the file as UTF-8") from None
    try:
        node = _compose(document, text)
        if node is not None:
            document.value = _value(document, node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, (error.context, error.problem)))
        line = mark.line + 1 if mark else 1
        raise _refused(
            path, line, f"is not valid YAML ({said}); check indents and quotes"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise _refused(path, line, "has a control character; remove it") from None
    return document


def _refused(path: Path, line: int, message: str) -> FileRefused:
    return FileRefused(Problem(path, message, f"line {line}"))


def _compose(document: YamlFile, text: str) -> yaml.Node | None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        # The time PyYAML takes grows with the square of the depth.
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise _refused(document.path, line, "is nested too deeply; this is not such a file")
        # A few lines of aliases can stand for gigabytes.
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise _refused(document.path, line, "has an alias (*name); write the value out")
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _value(document: YamlFile, node: yaml.Node, path: KeyPath) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, item, (*path, at)) for at, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line, key = key_node.start_mark.line + 1, key_node.value
        if not isinstance(key_node, yaml.ScalarNode):
            raise _refused(document.path, line, "has a key that is not a word; write `word: value`")
        if key in found:
            raise _refused(document.path, line, f"has {key!r} twice; keep one of the two")
        document.lines[(*path, key)] = line
        found[key] = _value(document, value_node, (*path, key))
    return found


def _flat(messages: Any, path: KeyPath = ()) -> list[tuple[KeyPath, str]]:
    if isinstance(messages, dict):
        inner = (_flat(value, _down(path, key)) for key, value in messages.items())
        return [found for several in inner for found in several]
    if isinstance(messages, list):
        return [found for message in messages for found in _flat(message, path)]
    return [(path, str(messages))]


def _down(path: KeyPath, key: str | int) -> KeyPath:
    return path if key == "_schema" else (*path, key)


def _dotted(path: KeyPath) -> str:
    named = ""
    for key in path:
        named += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if named else key
    return named
