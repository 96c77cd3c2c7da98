"""Reading playbook files, and saying everything that is wrong with them at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from marshmallow import ValidationError

from notify.domain.audience import AudienceRule, Group
from notify.domain.playbook import Playbook
from notify.playbooks.meaning import check_meaning
from notify.playbooks.schema import PlaybookSchema
from notify.playbooks.yaml_lines import Document, Path, read_document

MAX_BYTES = 262_144
"""No playbook written by a person is longer; anything longer is the wrong file."""

_PARTS_OF_DICT_ERRORS = {"key", "value", "_schema"}


class PlaybookError(ValueError):
    """One or more playbook files are wrong; ``problems`` says where and what to do, one each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_playbooks(directory: FilePath) -> dict[str, Playbook]:
    """Return the playbooks of ``directory``'s ``*.yaml`` files by id, in order of priority.

    Raises ``PlaybookError`` with the problems of all files together.
    """
    if not directory.is_dir():
        raise PlaybookError((f"{directory}: no such directory; it must hold the playbooks",))
    playbooks: list[Playbook] = []
    problems: list[str] = []
    for path in sorted(directory.glob("*.y*ml")):
        try:
            playbooks.append(load_playbook(path))
        except PlaybookError as error:
            problems += error.problems
    if problems:
        raise PlaybookError(tuple(problems))
    if not playbooks:
        raise PlaybookError((f"{directory}: has no playbook; add one as <id>.yaml",))
    return {book.id: book for book in sorted(playbooks, key=lambda book: (book.priority, book.id))}


def load_playbook(path: FilePath) -> Playbook:
    """Return the playbook in the file ``path``; raises ``PlaybookError`` with all its problems."""
    text = _read(path)
    document = read_document(text)
    loaded, problems = _load(document, path.stem)
    found = sorted({*document.problems, *problems})
    if found or loaded is None:
        raise PlaybookError(tuple(f"{path}:{line}: {said}" for line, said in found))
    return _make(loaded, hashlib.sha256(text.encode()).hexdigest())


def _read(path: FilePath) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PlaybookError((f"{path}: cannot be read: {error.strerror}",)) from error
    if len(raw) > MAX_BYTES:
        raise PlaybookError((f"{path}: longer than {MAX_BYTES // 1024} KiB; not a playbook",))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        said = "is not UTF-8 text from here on; save the file as UTF-8"
        raise PlaybookError((f"{path}:{line}: {said}",)) from error


def _load(document: Document, stem: str) -> tuple[Any, list[tuple[int, str]]]:
    if not isinstance(document.value, dict):
        said = "must be a mapping that starts with `id: …`, `name: …`"
        return None, [] if document.problems else [(1, said)]
    problems = [*check_meaning(document.value)]
    if document.value.get("id") not in (None, stem):
        problems.append((("id",), f"must be {stem!r}, like the name of the file"))
    loaded = None
    try:
        loaded = PlaybookSchema().load(document.value)
    except ValidationError as error:
        problems += _flatten(error.messages)
    return loaded, [(document.line_of(path), _sentence(path, said)) for path, said in problems]


def _flatten(messages: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            deeper = path if key in _PARTS_OF_DICT_ERRORS else (*path, key)
            yield from _flatten(inner, deeper)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(inner, path)
    else:
        said = str(messages)
        yield path, _PLAIN.get(said, said.replace("Must be one of: ", "must be one of "))


_PLAIN = {
    "Unknown field.": "is not a key of a playbook here; remove it or correct its spelling",
    "Missing data for required field.": "is missing; add it",
    "Not a valid string.": "must be a text; put it in quotes",
    "Not a valid integer.": "must be a whole number",
    "Not a valid boolean.": "must be true or false",
    "Not a valid list.": "must be a list",
    "Invalid input type.": "must be a mapping",
    "Invalid type.": "must be a mapping",
    "Not a valid mapping type.": "must be a mapping",
    "Field may not be null.": "is empty; fill it in or remove it",
    "Shorter than minimum length 1.": "must have at least one entry",
}
"""marshmallow's sentences in the words of somebody who edits YAML."""


def _sentence(path: Path, said: str) -> str:
    where = ""
    for step in path:
        where += f"[{step}]" if isinstance(step, int) else f".{step}" if where else str(step)
    return f"{where}: {said}" if where else said


def _make(loaded: dict[str, Any], source_hash: str) -> Playbook:
    groups = tuple(
        Group(group["id"], group["name"], tuple(group["when"])) for group in loaded["groups"]
    )
    return Playbook(
        id=loaded["id"],
        name=loaded["name"],
        summary=loaded["summary"],
        severity=loaded["severity"],
        priority=loaded["priority"],
        facts=tuple(loaded["facts"]),
        audience=AudienceRule(tuple(loaded["audience"]), groups),
        channels=tuple(loaded["channels"]),
        kinds=tuple(loaded["kinds"]),
        expires_after=loaded["expires_after"],
        source_hash=source_hash,
        promise=loaded.get("promise"),
        when_uncertain=loaded["when_uncertain"],
    )
