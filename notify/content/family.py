"""A notice's template in one language together with its parents, compiled once per process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError
from jinja2.environment import Template

from notify.content.errors import ContentError
from notify.content.outline import RUNS_AWAY, Outline, Problem, read_outline
from notify.content.sandbox import Sandbox


def template_name(playbook: str, kind: str, language: str) -> str:
    """Return the name of a notice's template below ``templates/messages``."""
    return f"{playbook}/{kind}.{language}.j2"


_EXTENDS = re.compile(r"""\{%[-+]?\s*extends\s+["']([^"']+)["']""")


def parent_of(source: str) -> str | None:
    """Return the name of the template that ``source`` extends, without parsing all of it."""
    found = _EXTENDS.search(source)
    return found[1] if found else None


@dataclass(frozen=True)
class Family:
    """The compiled templates, the notice's own first, and what is known of them unrendered."""

    templates: tuple[Template, ...]
    outline: Outline

    def render(self, block: str, variables: Mapping[str, Any]) -> str:
        """Return the raw text of ``block``; raises ``ContentError`` saying where it went wrong."""
        name = self.outline.names[0]
        if not self.outline.has(block):
            raise ContentError([f"{name}: has no block {block}; add it"])
        context = self.templates[0].new_context(dict(variables))
        for parent in self.templates[1:]:
            for other, write in parent.blocks.items():
                context.blocks.setdefault(other, []).append(write)
        try:
            self.outline.reach(block)
            return "".join(context.blocks[block][0](context))
        except RecursionError as error:
            raise ContentError([str(Problem(name, 1, block, RUNS_AWAY))]) from error
        except TemplateError as error:
            said = error.message or type(error).__name__
            raise ContentError([str(Problem(*_place(error, name), block, said))]) from error


def family_of(sources: Mapping[str, str], name: str) -> Family:
    """Return the family of the template ``name``.

    Raises ``ContentError`` when it cannot be read, or uses what a notice may not use.
    """
    return _family_of(tuple(sorted(sources.items())), name)


@lru_cache(maxsize=64)
def _family_of(sources: tuple[tuple[str, str], ...], name: str) -> Family:
    texts = dict(sources)
    if name not in texts:
        raise ContentError([f"{name}: there is no such template; add it"])
    environment = Sandbox(texts)
    outline = read_outline(environment, texts, name)
    if outline.problems:
        raise ContentError(map(str, outline.problems))
    try:
        templates = tuple(environment.get_template(each) for each in outline.names)
    except TemplateError as error:
        said = error.message or type(error).__name__
        line = getattr(error, "lineno", None) or 1
        raise ContentError([str(Problem(error_name(error, name), line, "", said))]) from error
    return Family(templates, outline)


def error_name(error: BaseException, name: str) -> str:
    """Return the template an error of Jinja's is about, ``name`` if it does not say."""
    return str(getattr(error, "name", None) or name)


def _place(error: BaseException, name: str) -> tuple[str, int]:
    """Return the template and line that ``error`` comes from: the innermost frame of a template."""
    place, trace = (name, 1), error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            place = (str(template.name), template.get_corresponding_lineno(trace.tb_lineno))
        trace = trace.tb_next
    return place
