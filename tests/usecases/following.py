"""What tests of notices that follow one ask: whom they are for, and what a preview says."""

from __future__ import annotations

from sqlalchemy import select

from notify.domain.notice import NoticeKind
from notify.store.deliveries import RecipientRow
from notify.usecases.preview import Preview, preview
from notify.usecases.revise import Revise, following_request
from tests.usecases.scene import Scene


def told(scene: Scene, notice_id: int) -> list[int]:
    """Return the ids of the registrants a notice is for."""
    query = select(RecipientRow.registrant_id).where(
        RecipientRow.notice_id == notice_id, RecipientRow.left_out.is_(None)
    )
    with scene.database.read() as connection:
        return sorted(connection.execute(query).scalars())


def look(scene: Scene, incident_id: str, kind: NoticeKind) -> Preview:
    """Return the preview of a notice that follows."""
    command = Revise(incident_id, kind, {}, "look", "tester")
    with scene.database.read() as connection:
        request = following_request(connection, command)
    return preview(request, services=scene.services)
