"""Turning a rendered block into what a surface shows: one line, an SMS, plain text or safe HTML.

Long surfaces are written in Markdown. Values stand in the text as tokens all along; a token that
did not come through exactly as often as it went in is an error, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from notify.content.layout import letter
from notify.domain.sms import MAX_CHARACTERS, plain_sms

LINE_TEXTS = frozenset(
    {"sms", "push_title", "push_body", "email_subject", "banner", "faq_question"}
)
"""Texts of one line; every other one is written in Markdown."""

HTML_TEXTS = frozenset({"page", "email_html"})

TOKEN = re.compile("[\ue000-\uf8ff]")
_TOKEN_IN_TAG = re.compile("<[^>]*[\ue000-\uf8ff]")

_TAGS = {"h2", "h3", "p", "ul", "ol", "li", "strong", "em", "a", "br", "hr", "blockquote"}
_SCHEMES = {"https", "http", "mailto", "tel"}

_AFTER_CJK = re.compile(
    "(?<=[\u2014\u2018-\u201d\u2026\u3000-\u303f\u3400-\u9fff\uff00-\uffef])\\s*\n\\s*"
)
"""A line end after a link stays a space, or the link would run into the next word."""

_EXERCISE = {
    "zh": (
        "【演练 EXERCISE】",
        "【演练 EXERCISE】这是一次演练，没有真实情况发生，您无需采取行动。",
    ),
    "": (
        "EXERCISE: ",
        "EXERCISE: this is practice. Nothing has happened; you need not do anything.",
    ),
}

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
_MARKDOWN.disable(["image", "code", "fence", "html_block", "html_inline", "backticks"])


class ShapeError(ValueError):
    """A block's text that cannot be shown on its surface; the message says why."""


def shape(name: str, text: str, language: str, *, drill: bool) -> str:
    """Return the rendered block ``text`` in the form that the text ``name`` has."""
    short, long = _exercise(language) if drill else ("", "")
    if name in LINE_TEXTS:
        return (short if name != "sms" else "") + line(text, language)
    if name == "page":
        return _notice(long) + safe_html(text, language)
    if name == "email_html":
        return letter(_notice(long) + safe_html(text, language), language=language)
    return f"{long}\n\n{plain_text(text, language)}".strip()


def finish(name: str, language: str, *, drill: bool) -> Callable[[str], str]:
    """Return what is done to the text ``name`` once the person is in it.

    Whether an SMS can be GSM-7 depends on the name in it, so it is decided last.
    """
    if name != "sms":
        return str
    prefix = _exercise(language)[0] if drill else ""

    def as_sms(text: str) -> str:
        body = plain_sms(prefix + text)
        if len(body) > MAX_CHARACTERS:
            raise ShapeError(f"has {len(body)} characters; an SMS takes {MAX_CHARACTERS}")
        return body

    return as_sms


def _exercise(language: str) -> tuple[str, str]:
    """Return what a drill's short texts begin with, and the line above its long ones."""
    return _EXERCISE.get(language.split("-", maxsplit=1)[0], _EXERCISE[""])


def _notice(said: str) -> str:
    return f'<p class="exercise"><strong>{escape(said)}</strong></p>' if said else ""


def line(text: str, language: str) -> str:
    """Return ``text`` as one line; Chinese has no space where a line was broken."""
    joined = _AFTER_CJK.sub("", text.strip()) if _is_chinese(language) else text
    return " ".join(joined.split())


def plain_text(text: str, language: str) -> str:
    """Return Markdown as plain text: paragraphs, ``- `` lists, links as ``words (address)``."""
    tokens = _MARKDOWN.parse(text.strip())
    blocks = [_PlainText(language).write(tokens)]
    return _checked("\n\n".join(blocks).strip(), text)


def safe_html(text: str, language: str) -> str:
    """Return Markdown as an HTML fragment with a few harmless tags and nothing else."""
    tokens = _MARKDOWN.parse(text.strip())
    if _is_chinese(language):
        for inline in tokens:
            inline.children = [t for t in inline.children or () if t.type != "softbreak"]
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}).strip()
    clean = nh3.clean(rendered, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES)
    if _TOKEN_IN_TAG.search(clean):
        raise ShapeError("puts a value inside a link; only links themselves can stand there")
    return _checked(clean, text)


def fill(text: str, values: Mapping[str, str], escaped: Callable[[str], str] = str) -> str:
    """Return ``text`` with each token that ``values`` has replaced by its value."""

    def value(match: re.Match[str]) -> str:
        token = match[0]
        return escaped(values[token]) if token in values else token

    return TOKEN.sub(value, text)


def _checked(shaped: str, text: str) -> str:
    if sorted(TOKEN.findall(shaped)) != sorted(TOKEN.findall(text)):
        raise ShapeError("loses a value, perhaps inside a link; only links can stand there")
    return shaped


def _is_chinese(language: str) -> bool:
    return language.startswith("zh")


class _PlainText:
    """Writes Markdown tokens as plain text."""

    def __init__(self, language: str) -> None:
        self._softbreak = "" if _is_chinese(language) else " "
        self._out: list[str] = []
        self._lists: list[int | None] = []
        self._marker = ""

    def write(self, tokens: list[Token]) -> str:
        for token in tokens:
            getattr(self, f"_{token.type}", self._nothing)(token)
        return re.sub(r"\n{3,}", "\n\n", "".join(self._out))

    def _nothing(self, token: Token) -> None:
        """Ignore what has no plain form."""

    def _inline(self, token: Token) -> None:
        indent = "  " * max(0, len(self._lists) - 1)
        text = self._said(token.children or [])
        self._out.append(f"{indent}{self._marker}{text}" if self._lists else text)
        self._marker = "  " if self._lists else ""

    def _said(self, children: list[Token]) -> str:
        words: list[str] = []
        hrefs: list[tuple[str, int]] = []
        for child in children:
            if child.type == "link_open":
                hrefs.append((str(child.attrGet("href") or ""), len(words)))
            elif child.type == "link_close" and hrefs:
                href, start = hrefs.pop()
                label = "".join(words[start:])
                bare = href.removeprefix("mailto:").removeprefix("tel:")
                words.append("" if label in {href, bare} else f" ({bare})")
            elif child.type in {"softbreak", "hardbreak"}:
                words.append("\n" if child.type == "hardbreak" else self._softbreak)
            else:
                words.append(child.content)
        return "".join(words)

    def _paragraph_close(self, token: Token) -> None:
        self._out.append("\n" if token.hidden else "\n\n")

    def _heading_close(self, _: Token) -> None:
        self._out.append("\n\n")

    def _hr(self, _: Token) -> None:
        self._out.append("--\n\n")

    def _bullet_list_open(self, _: Token) -> None:
        self._lists.append(None)

    def _ordered_list_open(self, token: Token) -> None:
        self._lists.append(int(token.attrGet("start") or 1))

    def _bullet_list_close(self, _: Token) -> None:
        self._lists.pop()
        self._marker = ""
        self._out.append("\n")

    _ordered_list_close = _bullet_list_close

    def _list_item_open(self, _: Token) -> None:
        number: Any = self._lists[-1]
        self._marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1
