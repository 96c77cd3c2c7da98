"""From a claimed row to a message ready to leave: the frozen wording filled with one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from notify.content import PersonFields, Renderer, Wording
from notify.domain.delivery import Channel
from notify.ports import Outgoing
from notify.store.claims import Claimed
from notify.store.deliveries import NoticeRow
from notify.usecases.services import Services


@dataclass(frozen=True)
class NoticeInHand:
    """A notice a worker is sending: its frozen wording, compiled once."""

    incident_id: str
    drill: bool
    expires_at: datetime
    channel: Channel
    renderer: Renderer
    link: str

    def outgoing(self, row: Claimed) -> Outgoing:
        """Return the message of ``row``."""
        person = PersonFields(row.first_name, row.last_name, row.bib, row.course, row.wave)
        return Outgoing(
            delivery=f"{self.incident_id}-{row.id}",
            attempt=row.attempt,
            address=row.address,
            language=row.language,
            texts=self.renderer.sent(self.channel, row.language, row.group_id, person),
            expires_at=self.expires_at,
            link=self.link,
        )


class Messages:
    """The notices of one drain, each read and compiled once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._notices: dict[int, NoticeInHand] = {}

    def notice(self, connection: Connection, notice_id: int, channel: Channel) -> NoticeInHand:
        """Return the notice ``notice_id``."""
        if notice_id not in self._notices:
            row = connection.execute(
                select(
                    NoticeRow.incident_id, NoticeRow.drill, NoticeRow.expires_at, NoticeRow.wording
                ).where(NoticeRow.id == notice_id)
            ).one()
            self._notices[notice_id] = NoticeInHand(
                incident_id=row.incident_id,
                drill=row.drill,
                expires_at=row.expires_at,
                channel=channel,
                renderer=Renderer(Wording.from_json(row.wording)),
                link=self._services.links.page(row.incident_id),
            )
        return self._notices[notice_id]
