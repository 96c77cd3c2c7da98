"""The language of the pages: chosen by the reader, else by their browser, else English.

Catalogues are ``translations/zh/LC_MESSAGES/*.po`` (all of them, merged), compiled in memory when
the application is made: there is no compiled file that could be older than its source.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, Domain, get_locale
from werkzeug.exceptions import RequestEntityTooLarge

from notify.domain.text import LANGUAGES, Text, pick

COOKIE = "notify_language"
NAMES = {"en": "English", "zh-CN": "中文"}
CATALOGUES = Path(__file__).parent / "translations"
_LOCALES = {"en": "en", "zh-CN": "zh_Hans_CN"}
_YEAR = 365 * 24 * 3600


def language() -> str:
    """Return the language (BCP 47 tag) of the page that is being made."""
    if "notify_language" not in g:
        g.notify_language = _choose()
    return str(g.notify_language)


def in_language(text: Text) -> str:
    """Return ``text`` in the language of the page, as far as it exists in it."""
    return pick(text, language(), LANGUAGES[0])


def other_language() -> str:
    """Return the language that a reader of this page could change to."""
    return next(tag for tag in LANGUAGES if tag != language())


def other_language_url() -> str:
    """Return the address of this page in the other language."""
    query = {name: value for name, value in request.args.items() if name != "lang"}
    return f"?{urlencode({**query, 'lang': other_language()})}"


def install_languages(app: Flask) -> None:
    """Translate pages, and remember the language chosen with ``?lang=`` or a form's ``lang``."""
    catalogues = Path(app.config.get("NOTIFY_CATALOGUES", CATALOGUES))
    compiled = {"zh_Hans_CN": compile_catalogues(catalogues / "zh" / "LC_MESSAGES")}
    _Babel(compiled).init_app(app, locale_selector=lambda: _LOCALES[language()])
    app.jinja_env.globals.update(
        ui_language=language,
        language_names=NAMES,
        other_language=other_language,
        other_language_url=other_language_url,
    )
    app.jinja_env.filters["in_language"] = in_language
    app.after_request(_remember)


def compile_catalogues(directory: Path) -> Translations:
    """Return the translations of every ``.po`` file in ``directory``, as one."""
    whole: Catalog | None = None
    for path in sorted(directory.glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="zh")
        if whole is None:
            whole = catalogue
        for message in catalogue:
            if message.id and message.id not in whole:
                whole[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, whole or Catalog(locale="zh"))
    compiled.seek(0)
    return Translations(compiled)


class _Domain(Domain):  # type: ignore[misc]
    """Gives translations compiled beforehand."""

    def __init__(self, compiled: dict[str, Translations]) -> None:
        super().__init__()
        self._compiled = compiled

    def get_translations(self) -> NullTranslations:
        """Return the translations of the current page's language."""
        return self._compiled.get(str(get_locale()), NullTranslations())


class _Babel(Babel):  # type: ignore[misc]
    """Flask-Babel with our compiled catalogues."""

    def __init__(self, compiled: dict[str, Translations]) -> None:
        super().__init__()
        self._domain = _Domain(compiled)

    @property
    def domain_instance(self) -> _Domain:
        """The domain every string is looked up in."""
        return self._domain


def _choose() -> str:
    for chosen in (_asked_for(), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    # A browser says zh, zh-CN, zh-Hans-CN or zh-TW: all of them read our Chinese before English.
    for tag, _quality in request.accept_languages:
        if tag.lower().split("-")[0] in ("en", "zh"):
            return "zh-CN" if tag.lower().startswith("zh") else "en"
    return LANGUAGES[0]


def _asked_for() -> str | None:
    try:
        return request.values.get("lang")
    except RequestEntityTooLarge:
        # The page that says so has a language too.
        return request.args.get("lang")


def _remember(response: Response) -> Response:
    chosen = _asked_for()
    if chosen in LANGUAGES and chosen != request.cookies.get(COOKIE):
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(
            COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure
        )
    return response
