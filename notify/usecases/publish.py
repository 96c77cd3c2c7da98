"""The publish gate: no message leaves before FAQ, page and banner of its revision read back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from notify.content import ContentError, Renderer, Wording
from notify.domain.notice import Surface
from notify.store.deliveries import NoticeRow
from notify.usecases.errors import NotPublished
from notify.usecases.services import Services

GATED = (Surface.FAQ_QUESTION, Surface.FAQ_ANSWER, Surface.BANNER, Surface.PAGE)
"""What must be readable before the first message: what people look at when it arrives."""


def publish(notice_id: int, *, services: Services) -> None:
    """Open the gate of a notice, once every publisher shows its revision in every language.

    Raises ``NotPublished`` naming what does not read back; the sweep tries again.
    """
    with services.database.read() as connection:
        query = select(NoticeRow.incident_id, NoticeRow.wording).where(NoticeRow.id == notice_id)
        incident_id, document = connection.execute(query).one()
    expected = _expected(notice_id, document)
    for publisher in services.surfaces:
        shown = publisher.read_back(incident_id)
        for language, texts in expected.items():
            for surface in GATED:
                if shown.get(language, {}).get(surface) != texts[surface]:
                    message = f"{publisher.name} does not show {surface} ({language}) yet"
                    raise NotPublished(message)
    with services.database.write() as connection:
        connection.execute(
            update(NoticeRow)
            .where(NoticeRow.id == notice_id, NoticeRow.published_at.is_(None))
            .values(published_at=services.now())
        )


def _expected(notice_id: int, document: Any) -> dict[str, dict[Surface, str]]:
    try:
        wording = Wording.from_json(document)
        renderer = Renderer(wording)
        return {language: renderer.shown(language) for language in wording.languages}
    except (ContentError, KeyError, TypeError, ValueError) as error:
        # Damaged, or written by another version: it must not keep others from being published.
        message = f"the wording of notice {notice_id} cannot be read ({type(error).__name__})"
        raise NotPublished(message) from error
