"""How many messages a draft means per channel, in how many parts, at what cost, by when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Subquery, and_, func, select

from notify.content import PersonFields
from notify.domain.delivery import Channel
from notify.domain.notice import Surface
from notify.domain.sms import count_parts
from notify.store.audience import addresses, people
from notify.store.races import SuppressionRow
from notify.usecases.compose import Draft
from notify.usecases.services import Services

_FIELDS = ("first_name", "last_name", "bib", "course", "wave")


@dataclass(frozen=True, slots=True)
class Forecast:
    """One channel of a draft.

    ``parts`` are SMS segments (messages elsewhere), ``max_parts`` the most of one message, ``rate``
    parts per second, ``seconds`` until the last has left, ``suppressed`` messages that will not be
    sent because the address opted out. ``cost`` is empty when no price is set.
    """

    channel: Channel
    messages: int
    parts: int
    max_parts: int
    rate: float
    seconds: float
    suppressed: int
    cost: float | None = None
    currency: str = ""


def forecast(draft: Draft, *, connection: Connection, services: Services) -> tuple[Forecast, ...]:
    """Return the forecast of every channel of ``draft`` that is on."""
    return tuple(
        _channel(draft, channel, connection, services) for channel in draft.selection.channels
    )


def _channel(
    draft: Draft, channel: Channel, connection: Connection, services: Services
) -> Forecast:
    who = people(draft.selection).cte("who")
    rows = addresses(channel, who, draft.selection.rule.group_ids).subquery("rows")
    suppressed = connection.execute(
        select(func.count())
        .select_from(rows)
        .join(
            SuppressionRow,
            and_(SuppressionRow.channel == channel, SuppressionRow.address == rows.c.address),
        )
    ).scalar_one()
    sizes = _parts(draft, connection, rows, channel)
    messages = sum(count for _parts_, count in sizes)
    parts = sum(size * count for size, count in sizes)
    rate = services.channels[channel].rate or DEFAULT_RATES[channel]
    price = services.settings.price_sms if channel is Channel.SMS else None
    return Forecast(
        channel=channel,
        messages=messages,
        parts=parts,
        max_parts=max((size for size, _count in sizes), default=0),
        rate=rate,
        seconds=parts / rate,
        suppressed=suppressed,
        cost=None if price is None else round(parts * price, 2),
        currency=services.settings.currency,
    )


DEFAULT_RATES = {Channel.SMS: 1.0, Channel.PUSH: 5000.0, Channel.EMAIL: 50.0}
"""Per second, when nobody configured a rate: one long number sends one SMS segment a second
(Twilio); FCM takes 600,000 a minute, of which we plan on half; a modest mail relay."""


def _parts(
    draft: Draft, connection: Connection, rows: Subquery, channel: Channel
) -> list[tuple[int, int]]:
    """Return (parts per message, how many such messages), exact for every message."""
    kinds = (rows.c.language, rows.c.group_id)
    counts = connection.execute(select(*kinds, func.count()).group_by(*kinds)).all()
    if channel is not Channel.SMS:
        return [(1, count) for _language, _group, count in counts]
    sizes: list[tuple[int, int]] = []
    for language, group, count in counts:
        if draft.renderer.person_fields_in(Surface.SMS, language, group):
            sizes += _parts_of_each(draft, connection, rows, (language, group))
        else:
            nobody = PersonFields("", "", "", "", "")
            text = draft.renderer.sent(Channel.SMS, language, group, nobody)["sms"]
            sizes.append((count_parts(text).segments, count))
    return sizes


def _parts_of_each(
    draft: Draft, connection: Connection, rows: Subquery, kind: tuple[str, str]
) -> list[tuple[int, int]]:
    who = people(draft.selection).subquery("person")
    language, group = kind
    query = (
        select(*(who.c[name] for name in _FIELDS))
        .join(rows, rows.c.registrant_id == who.c.registrant_id)
        .where(rows.c.language == language, rows.c.group_id == group)
    )
    texts = (
        draft.renderer.sent(Channel.SMS, language, group, PersonFields(*row))["sms"]
        for row in connection.execute(query)
    )
    return [(count_parts(text).segments, 1) for text in texts]
