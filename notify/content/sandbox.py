"""The template engine: Jinja's sandbox, strict about names, with nothing in it but what we put.

Every value a template prints becomes a *token*, one private-use character, and is put in its place
only after the surface has been shaped. Values therefore never pass through Markdown, cannot break
a tag, and the same shaped text serves every person whose fields it leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateRuntimeError, Undefined, pass_context
from jinja2.filters import do_lower, do_trim, do_upper
from jinja2.runtime import BlockReference, Context, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import test_defined
from markupsafe import Markup

from notify.content.words import PERSON_FIELDS, Link, visible

FIRST_VALUE, FIRST_FIELD = 0xE000, 0xF800
"""Private use: U+E000–U+F7FF stand for printed values, U+F800 onwards for a person's fields."""

OPEN_FIELDS: Mapping[str, str] = MappingProxyType(
    {field: chr(FIRST_FIELD + at) for at, field in enumerate(PERSON_FIELDS)}
)
"""The token of each field of a person."""


class OpenField(str):
    """A person's field that is to be filled in later: its text is its token."""

    __slots__ = ()


class Values:
    """The values one rendering printed, by token."""

    def __init__(self, *, links_stay: bool) -> None:
        self.links_stay = links_stay
        self.by_token: dict[str, str] = {}
        self._tokens: dict[str, str] = {}

    def token(self, value: str) -> str:
        """Return the token that stands for ``value``."""
        if value not in self._tokens:
            token = chr(FIRST_VALUE + len(self._tokens))
            if ord(token) >= FIRST_FIELD:
                raise TemplateRuntimeError("prints more than 6,000 different values")
            self._tokens[value] = token
            self.by_token[token] = value
        return self._tokens[value]


@pass_context
def _printed(context: Context, value: object) -> Markup:
    """Turn what ``{{ … }}`` is about to print into its token; blocks are let through, trimmed."""
    if isinstance(value, Markup):
        return value.rstrip().lstrip("\n")
    if isinstance(value, OpenField):
        return Markup(value)  # noqa: S704 - a token
    if isinstance(value, Undefined):
        str(value)  # strict: raises, and says which name it was
    if not isinstance(value, str):
        raise TemplateRuntimeError(
            f"prints {type(value).__name__}, not a text; name one of its parts"
        )
    values: Values = context["_values"]
    if isinstance(value, Link) and values.links_stay:
        return Markup(_link(value))  # noqa: S704 - percent-encoded just now
    return Markup(values.token(visible(value)))  # noqa: S704 - a token


_LINK_SAFE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#@!$&'+,;=%"
)


def _link(url: str) -> str:
    """Return ``url`` with everything encoded that could end it or mean something in Markdown."""
    return "".join(
        char if char in _LINK_SAFE else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in url
    )


def _words(name: str) -> Any:
    @pass_context
    def said(context: Context, value: Any) -> str:
        if isinstance(value, Undefined):
            str(value)
        try:
            return str(getattr(context["_words"], name)(value))
        except ValueError as error:
            raise TemplateRuntimeError(f"{value!r} cannot be said as `{name}`") from error

    return said


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with our filters, one test, no globals, no attributes but keys of given mappings."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(
            loader=DictLoader(sources),
            undefined=StrictUndefined,
            # Not for HTML: it marks rendered blocks, so that `_printed` can tell them from values.
            autoescape=True,
            finalize=_printed,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.filters = {
            "when": _words("when"),
            "day": _words("day"),
            "clock": _words("clock"),
            "spoken": _words("spoken"),
            "names": _words("names"),
            "trim": do_trim,
            "upper": do_upper,
            "lower": do_lower,
        }
        self.tests = {"defined": test_defined}
        self.globals = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a key of a mapping, or a block of ``self``; Python attributes do not exist."""
        if isinstance(obj, Undefined):
            str(obj)  # strict: raises, and names what was undefined first
        if isinstance(obj, TemplateReference | dict) and not attribute.startswith("_"):
            try:
                return obj[attribute]
            except KeyError:
                pass
        return self.undefined(f"has no {attribute!r}; check its spelling")

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the same as ``getattr`` would."""
        return self.getattr(obj, str(argument))

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether ``obj`` is a block: nothing else can be called."""
        return isinstance(obj, BlockReference)
