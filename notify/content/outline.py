"""What can be known of a template before it is rendered, on every branch and for every fact.

A template may use only the few parts of Jinja listed here: there is no loop, no assignment, no
macro and no arithmetic, so it cannot run long or grow large, and every name it uses can be checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from notify.content.words import INCIDENT_FIELDS, PERSON_FIELDS, RACE_FIELDS

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Extends,
    nodes.Block,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Tuple,
    nodes.List,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Test,
    nodes.Call,
)

_ROOTS = {"person", "facts", "words", "race", "policies", "incident", "group", "language"}
_PERSONAL = {"person", "group"}
_MAX_PARENTS = 4
_MAX_BLOCKS = 200

RUNS_AWAY = "runs itself, or more than 200 blocks"

Where = tuple[int, str]
"""A block: the level of its template (0 is the notice itself, 1 its parent, …) and its name."""


@dataclass(frozen=True)
class Problem:
    """Something wrong at one place of a template."""

    template: str
    line: int
    block: str
    said: str

    def __str__(self) -> str:
        """Say it as ``file:line: block name: what is wrong``."""
        where = f"block {self.block}: " if self.block else ""
        return f"{self.template}:{self.line}: {where}{self.said}"


@dataclass(frozen=True)
class Outline:
    """A template with its parents (``names``, itself first), parsed, and what is wrong with it."""

    names: tuple[str, ...]
    blocks: Mapping[Where, nodes.Block]
    problems: tuple[Problem, ...] = ()
    _reached: dict[str, tuple[Where, ...]] = field(default_factory=dict)

    def has(self, block: str) -> bool:
        """Return whether the template or a parent has ``block``."""
        return self._first(block, 0) is not None

    def reach(self, block: str) -> tuple[Where, ...]:
        """Return the blocks that rendering ``block`` runs, in the order they are met.

        Raises ``RecursionError`` for a block that runs itself, or more than 200 blocks.
        """
        if block not in self._reached:
            start = self._first(block, 0)
            self._reached[block] = tuple(self._walk(start, ())) if start else ()
            if len(self._reached[block]) > _MAX_BLOCKS:
                raise RecursionError
        return self._reached[block]

    def person_fields(self, block: str) -> frozenset[str]:
        """Return the fields of the person that ``block`` uses."""
        return frozenset(name for name, _ in self._person_uses(block))

    def is_open(self, block: str) -> bool:
        """Return whether ``block`` only prints fields of the person and decides nothing by them."""
        return all(plain for _, plain in self._person_uses(block))

    def _person_uses(self, block: str) -> Iterator[tuple[str, bool]]:
        for where in self.reach(block):
            for node, parent in inside(self.blocks[where]):
                path = dotted(node)
                if path and path[0] == "person" and not isinstance(parent, nodes.Getattr):
                    yield path[-1], isinstance(parent, nodes.Output) and len(path) == 2

    def missing_call(self, node: nodes.Node, where: Where) -> str | None:
        """Return what is wrong with ``self.x()`` or ``super()`` in the block ``where``."""
        called = called_block(node)
        if called and not self.has(called):
            return f"there is no block {called!r} to show"
        if is_super(node) and not self._first(where[1], where[0] + 1):
            return "there is no parent's block for `super()` to show"
        return None

    def _first(self, block: str, level: int) -> Where | None:
        levels = range(level, len(self.names))
        return next(((at, block) for at in levels if (at, block) in self.blocks), None)

    def _walk(self, where: Where, outer: tuple[Where, ...]) -> Iterator[Where]:
        if where in outer:
            raise RecursionError
        yield where
        count = 1
        for called in self._calls(where):
            for inner in self._walk(called, (*outer, where)):
                count += 1
                if count > _MAX_BLOCKS:
                    raise RecursionError
                yield inner

    def _calls(self, where: Where) -> Iterator[Where]:
        level, name = where
        for node, _ in inside(self.blocks[where]):
            target = None
            if isinstance(node, nodes.Block):
                target = self._first(node.name, 0)
            elif called := called_block(node):
                target = self._first(called, 0)
            elif is_super(node):
                target = self._first(name, level + 1)
            if target:
                yield target


def inside(block: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    """Yield every node of ``block`` with its parent; of a block within it, only the node."""
    for child in block.iter_child_nodes():
        yield child, block
        if not isinstance(child, nodes.Block):
            yield from inside(child)


def dotted(node: nodes.Node) -> tuple[str, ...] | None:
    """Return ``("race", "contact", "phone")`` for that expression, ``None`` for any other."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        before = dotted(node.node)
        return (*before, node.attr) if before else None
    return None


def called_block(node: nodes.Node) -> str | None:
    """Return the name of the block that ``self.name()`` prints, ``None`` for anything else."""
    path = dotted(node.node) if isinstance(node, nodes.Call) else None
    return path[1] if path and len(path) == 2 and path[0] == "self" else None


def is_super(node: nodes.Node) -> bool:
    """Return whether ``node`` is ``super()``."""
    return isinstance(node, nodes.Call) and dotted(node.node) == ("super",)


def read_outline(environment: Environment, sources: Mapping[str, str], name: str) -> Outline:
    """Parse ``name`` and its parents; what is wrong with them is in the outline's problems."""
    names: list[str] = []
    blocks: dict[Where, nodes.Block] = {}
    problems: list[Problem] = []
    following: str | None = name
    while following is not None:
        level, current = len(names), following
        names.append(current)
        if names.count(current) > 1 or level >= _MAX_PARENTS:
            problems.append(Problem(current, 1, "", "extends itself, or a chain that is too long"))
            break
        try:
            tree = environment.parse(sources[current], current)
        except TemplateSyntaxError as error:
            problems.append(Problem(current, error.lineno, "", str(error.message)))
            break
        blocks.update({(level, block.name): block for block in tree.find_all(nodes.Block)})
        problems += _forbidden(tree, current, "")
        following = _parent(tree, current, sources, problems)
    return Outline(tuple(names), blocks, tuple(problems))


def _parent(
    tree: nodes.Template, name: str, sources: Mapping[str, str], problems: list[Problem]
) -> str | None:
    extends = tree.find(nodes.Extends)
    if extends is None:
        return None
    parent = str(extends.template.value) if isinstance(extends.template, nodes.Const) else ""
    if parent in sources:
        return parent
    said = f"extends {parent!r}, which does not exist" if parent else "must extend a quoted name"
    problems.append(Problem(name, extends.lineno, "", said))
    return None


def _forbidden(node: nodes.Node, template: str, block: str) -> Iterator[Problem]:
    block = node.name if isinstance(node, nodes.Block) else block
    said = _why_forbidden(node)
    if said:
        yield Problem(template, node.lineno, block, said)
        return
    if called_block(node) or is_super(node):
        return
    for child in node.iter_child_nodes():
        yield from _forbidden(child, template, block)


def _why_forbidden(node: nodes.Node) -> str | None:
    if not isinstance(node, _ALLOWED):
        word = type(node).__name__.lower()
        return f"`{word}` is not allowed in a notice; only blocks, `if` and values are"
    if isinstance(node, nodes.Call) and not called_block(node) and not is_super(node):
        return "only `self.block()` and `super()` can be called"
    if isinstance(node, nodes.Getattr) and (dotted(node) is None or node.attr.startswith("_")):
        return f"`.{node.attr}` cannot be read from a value"
    return None


@dataclass(frozen=True)
class Known:
    """The names that may be used: facts with the options of choices, and the race's policies."""

    facts: Mapping[str, Collection[str]]
    groups: Collection[str]

    def problems(self, outline: Outline, block: str, *, personal: bool) -> Iterator[Problem]:
        """Yield every unknown name in what ``block`` runs; ``personal`` allows ``person``."""
        try:
            reached = outline.reach(block)
        except RecursionError:
            yield Problem(outline.names[0], 1, block, RUNS_AWAY)
            return
        for level, name in reached:
            template = outline.names[level]
            for node, parent in inside(outline.blocks[level, name]):
                for said in self._wrong(node, parent, personal=personal):
                    yield Problem(template, node.lineno, name, said)
                if missing := outline.missing_call(node, (level, name)):
                    yield Problem(template, node.lineno, name, missing)

    def _wrong(self, node: nodes.Node, parent: nodes.Node, *, personal: bool) -> Iterator[str]:
        path = dotted(node)
        if path and not isinstance(parent, nodes.Getattr | nodes.Call):
            yield from self._wrong_name(path, personal=personal)
        if isinstance(node, nodes.Compare):
            yield from self._wrong_option(node)

    def _wrong_name(self, path: tuple[str, ...], *, personal: bool) -> Iterator[str]:
        root, *rest = path
        if root not in _ROOTS:
            yield f"{root!r} is not known; use {', '.join(sorted(_ROOTS))}"
        elif root in _PERSONAL and not personal:
            yield f"uses {root!r}, but everybody sees this block"
        elif rest and (keys := self._keys(root)) is not None and rest[0] not in keys:
            yield f"{'.'.join(path)!r} is not known; {root} has {', '.join(keys)}"

    def _keys(self, root: str) -> Collection[str] | None:
        keys: dict[str, Collection[str]] = {
            "person": PERSON_FIELDS,
            "race": RACE_FIELDS,
            "incident": INCIDENT_FIELDS,
            "facts": self.facts,
            "words": self.facts,
        }
        return keys.get(root)

    def _wrong_option(self, node: nodes.Compare) -> Iterator[str]:
        path = dotted(node.expr) or ("",)
        options: Collection[str] = ()
        if path[0] == "facts" and len(path) == 2:
            options = self.facts.get(path[1], ())
        elif path == ("group",):
            options = self.groups
        for value in _constants(node) if options else ():
            if value not in options:
                said = ", ".join(options)
                yield f"{'.'.join(path)} is never {value!r}; it can be {said}"


def _constants(node: nodes.Compare) -> Iterator[Any]:
    return (const.value for operand in node.ops for const in operand.find_all(nodes.Const))
