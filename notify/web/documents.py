"""What anybody may know of an incident, as plain JSON: for API, event stream and embed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from notify.domain.notice import Surface
from notify.links import Links
from notify.usecases.shown import Shown

Document = dict[str, Any]


def incident_document(item: Shown, links: Links) -> Document:
    """Return the public facts of an incident; ``banner`` is by language."""
    return {
        "incident": item.incident_id,
        "race": item.race.id,
        "race_name": dict(item.race.name),
        "playbook": item.playbook_id,
        "severity": item.severity,
        "status": item.status,
        "drill": item.drill,
        "revision": item.revision,
        "kind": item.kind,
        "since": stamp(item.since),
        "changed_at": stamp(item.changed_at),
        "next_update_at": stamp(item.promised_at),
        "banner": {language: texts[Surface.BANNER] for language, texts in item.texts.items()},
        "page": links.page(item.incident_id),
    }


def faq_entries(items: Iterable[Shown], language: str | None) -> Iterator[Document]:
    """Yield the FAQ entries of incidents: in ``language`` where there is one, else in all."""
    for item in items:
        languages = [reader_language(item, language)] if language else sorted(item.texts)
        for tag in languages:
            texts = item.texts[tag]
            yield {
                "incident": item.incident_id,
                "race": item.race.id,
                "revision": item.revision,
                "kind": item.kind,
                "question": texts[Surface.FAQ_QUESTION],
                "answer": texts[Surface.FAQ_ANSWER],
                "language": tag,
                "valid_from": stamp(item.changed_at),
                "active": item.active,
                "drill": item.drill,
            }


def reader_language(item: Shown, wanted: str) -> str:
    """Return the language in which a reader of ``wanted`` reads the incident's texts."""
    texts: Mapping[str, object] = item.texts
    for tag in (wanted, item.race.default_language):
        if tag in texts:
            return tag
    return next(iter(texts))


def stamp(moment: datetime | None) -> str | None:
    """Return ``moment`` as ISO 8601 in UTC, to the second."""
    return None if moment is None else moment.isoformat(timespec="seconds")
