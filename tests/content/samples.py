"""Small libraries of templates, and the shipped ones, for tests of wording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from notify.content import Content, Renderer, Wording
from notify.content.samples import SAMPLE_INCIDENT, SAMPLE_RACE
from notify.domain.audience import AudienceRule, Group, NotFinished
from notify.domain.notice import NoticeKind, Surface
from notify.domain.playbook import FactType
from tests.domain.samples import a_fact, a_playbook

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "templates" / "messages"
PLAYBOOKS = ROOT / "playbooks"

TRIAL = a_playbook(
    a_fact("decision", FactType.CHOICE, options={"go": {"en": "Go", "zh-CN": "开跑"}, "stop": {}}),
    a_fact("note"),
    a_fact("at", FactType.DATETIME),
    a_fact("where", FactType.SEGMENTS),
    a_fact("map", FactType.URL),
    audience=AudienceRule(
        (NotFinished(),),
        (Group("early", {}, (NotFinished(),)), Group("late", {}, (NotFinished(),))),
    ),
)

FACTS: dict[str, Any] = {
    "decision": "go",
    "note": "mind the *stars* & <tags>",
    "at": "2026-12-05T18:00-06:00",
    "where": ("lakefront", "river"),
    "map": "https://example.com/a_b*c(d)?e=1&f=2",
}

BLOCKS = {str(surface): "words" for surface in Surface} | {"sms": "{{ incident.page_url }}"}


def template(**blocks: str) -> str:
    """Return a notice's template; a block given as ``""`` is left out."""
    written = {**BLOCKS, **blocks}
    return "\n".join(f"{{% block {n} %}}{t}{{% endblock %}}" for n, t in written.items() if t)


def a_library(root: Path, source: str | None = None, **others: str) -> Content:
    """Return a library with one alert in both languages; ``others`` are more files by path."""
    text = template() if source is None else source
    files = {"trial/alert.en.j2": text, "trial/alert.zh-CN.j2": text, **others}
    for name, written in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written, encoding="utf-8")
    return Content(root)


def freeze(content: Content, *, drill: bool = False, **facts: Any) -> Wording:
    """Return the frozen wording of the library's alert."""
    return content.freeze(
        TRIAL, NoticeKind.ALERT, SAMPLE_RACE, {**FACTS, **facts}, SAMPLE_INCIDENT, drill=drill
    )


def a_renderer(root: Path, *, drill: bool = False, **blocks: str) -> Renderer:
    """Return the renderer of an alert with these blocks."""
    return Renderer(freeze(a_library(root, template(**blocks)), drill=drill))
