"""The frame of every HTML e-mail: one column of text, no tables or images, light and dark."""

from __future__ import annotations

from html import escape

import css_inline

_STYLE = """
body { margin: 0; padding: 0; background: #f4f4f2; color: #1a1a1a; }
.letter { max-width: 36em; margin: 0 auto; padding: 24px 20px; background: #ffffff;
  font-family: -apple-system, "Segoe UI", Roboto, Helvetica, Arial, "PingFang SC",
  "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; font-size: 17px; line-height: 1.55; }
h1 { font-size: 23px; line-height: 1.3; margin: 0 0 16px; }
h2 { font-size: 18px; line-height: 1.4; margin: 24px 0 8px; }
p { margin: 0 0 14px; }
ul, ol { margin: 0 0 14px; padding-left: 1.4em; }
li { margin: 0 0 6px; }
a { color: #0b57a4; }
blockquote { margin: 0 0 14px; padding-left: 12px; border-left: 4px solid #c9c9c4; }
hr { border: 0; border-top: 1px solid #d8d8d4; margin: 24px 0 16px; }
.exercise { padding: 10px 12px; border: 2px solid #1a1a1a; font-weight: bold; }
"""

_DARK = """
@media (prefers-color-scheme: dark) {
  body { background: #111111 !important; color: #f0f0f0 !important; }
  .letter { background: #1b1b1b !important; color: #f0f0f0 !important; }
  a { color: #8ec5ff !important; }
  blockquote, hr { border-color: #555555 !important; }
  .exercise { border-color: #f0f0f0 !important; }
}
"""

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


def letter(body: str, *, language: str) -> str:
    """Return the HTML document of an e-mail whose content is the safe HTML ``body``."""
    page = (
        f'<!DOCTYPE html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title></title><style>{_STYLE}</style></head>"
        f'<body><div class="letter">{body}</div></body></html>'
    )
    # The dark rules can only live in a style element; clients that drop it stay light.
    return _INLINER.inline(page).replace("</head>", f"<style>{_DARK}</style></head>", 1)
