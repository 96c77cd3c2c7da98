"""Selecting people inside the database: a bound audience rule compiled to one SELECT.

``people`` gives every registrant of the race with the reason they are left out, or their group.
``addresses`` turns the people who are told into one row per address of a channel. The preview
reads them; planning inserts them: both ask the same question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union,
)

from notify.domain.audience import (
    EVERYBODY,
    AudienceRule,
    Condition,
    CourseIn,
    LanguageIn,
    LeftOut,
    NotFinished,
    PaymentWithin,
    StatusIn,
    WaveIn,
    left_out_of_groups,
)
from notify.domain.delivery import HANDED_OVER, Channel, DeliveryStatus
from notify.domain.race import Race
from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow, RecipientRow, SharedDeliveryRow
from notify.store.races import PaymentAttemptRow, PushTokenRow, RegistrantRow

R = RegistrantRow

Rows = Select[*tuple[Any, ...]]

_COPIED = ("first_name", "last_name", "bib", "course", "wave", "phone", "email")

PERHAPS_TOLD = (*HANDED_OVER, DeliveryStatus.SENDING, DeliveryStatus.AMBIGUOUS)
"""Statuses of a message its addressee has, or may have: a correction must follow it."""


class Reach(StrEnum):
    """Whom a notice that follows another one is for."""

    RULE = "rule"
    TOLD = "told"
    RULE_OR_TOLD = "rule_or_told"


@dataclass(frozen=True, slots=True)
class Selection:
    """What decides the audience: the bound rule and, for a later notice, whom earlier ones told.

    ``notices`` are the ids of the earlier notices that count as having told somebody.
    """

    rule: AudienceRule
    race: Race
    channels: tuple[Channel, ...]
    languages: tuple[str, ...]
    reach: Reach = Reach.RULE
    notices: tuple[int, ...] = ()


def people(selection: Selection) -> Rows:
    """Return a SELECT over all registrants of the race with the columns of ``recipient``."""
    told = _told(selection.notices).subquery("told") if selection.notices else None
    by_rule, group = _by_rule(selection.rule)
    if told is not None and selection.reach is Reach.TOLD:
        by_rule = case(
            (told.c.registrant_id.is_(None), literal(LeftOut.NOT_TOLD_BEFORE.value)), else_=null()
        )
    elif told is not None:
        by_rule = case((told.c.registrant_id.is_not(None), null()), else_=by_rule)
    left_out = func.coalesce(by_rule, _without_address(selection.channels))
    columns: list[ColumnElement[Any]] = [
        R.id.label("registrant_id"),
        left_out.label("left_out"),
        case((left_out.is_(None), _group(selection, group, told))).label("group_id"),
        _rank(selection.race).label("rank"),
        _language(selection).label("language"),
        *(R.__table__.c[name] for name in _COPIED),
    ]
    source: FromClause = R.__table__
    if told is not None:
        source = source.outerjoin(told, told.c.registrant_id == R.id)
    return select(*columns).select_from(source).where(R.race_id == selection.race.id)


def addresses(channel: Channel, who: FromClause, group_ids: Sequence[str]) -> Rows:
    """Return a SELECT of one row per address of ``channel`` among the people told in ``who``.

    Columns: registrant_id, address, language, group_id, position (from 0, soonest wave first).
    Where several people share an address, the message is written for the one whose group comes
    first in the playbook, then the soonest wave, then the oldest registration.
    """
    source, address = addressed(channel, who)
    precedence = case(
        {group: place for place, group in enumerate(group_ids)}, value=who.c.group_id, else_=99
    )
    order = (precedence, who.c.rank, who.c.registrant_id)
    ranked = (
        select(
            who.c.registrant_id,
            address.label("address"),
            who.c.language,
            who.c.group_id,
            who.c.rank,
            func.row_number().over(partition_by=address, order_by=order).label("nth"),
        )
        .select_from(source)
        .where(who.c.left_out.is_(None), address.is_not(None))
        .subquery("ranked")
    )
    position = func.row_number().over(
        order_by=(ranked.c.rank, ranked.c.registrant_id, ranked.c.address)
    )
    return select(
        ranked.c.registrant_id,
        ranked.c.address,
        ranked.c.language,
        ranked.c.group_id,
        (position - 1).label("position"),
    ).where(ranked.c.nth == 1)


def addressed(channel: Channel, who: FromClause) -> tuple[FromClause, ColumnElement[str]]:
    """Return where to select from, and the column with the address, for ``channel``."""
    match channel:
        case Channel.SMS:
            return who, who.c.phone
        case Channel.EMAIL:
            return who, func.lower(who.c.email)
        case Channel.PUSH:
            token = PushTokenRow.__table__
            return who.join(token, token.c.registrant_id == who.c.registrant_id), token.c.token


def _told(notices: Sequence[int]) -> Select[int, int]:
    """Everybody one of ``notices`` reached or may have reached, with the latest such notice."""
    direct = (
        select(DeliveryRow.registrant_id, LaneRow.notice_id)
        .join(LaneRow, LaneRow.id == DeliveryRow.lane_id)
        .where(LaneRow.notice_id.in_(notices), DeliveryRow.status.in_(PERHAPS_TOLD))
    )
    shared = (
        select(SharedDeliveryRow.registrant_id, LaneRow.notice_id)
        .join(DeliveryRow, DeliveryRow.id == SharedDeliveryRow.delivery_id)
        .join(LaneRow, LaneRow.id == DeliveryRow.lane_id)
        .where(LaneRow.notice_id.in_(notices), DeliveryRow.status.in_(PERHAPS_TOLD))
    )
    both = union(direct, shared)
    each = both.subquery("each_told")
    return select(each.c.registrant_id, func.max(each.c.notice_id).label("notice_id")).group_by(
        each.c.registrant_id
    )


def _group(
    selection: Selection, by_rule: ColumnElement[str | None], told: FromClause | None
) -> ColumnElement[str | None]:
    """The group by the rule; for those told before and no longer in any, the one they were in."""
    if told is None:
        return by_rule
    before = (
        select(RecipientRow.group_id)
        .where(RecipientRow.notice_id == told.c.notice_id, RecipientRow.registrant_id == R.id)
        .scalar_subquery()
    )
    order = (before, by_rule) if selection.reach is Reach.TOLD else (by_rule, before)
    return func.coalesce(*order, literal(selection.rule.group_ids[0]))


def _by_rule(rule: AudienceRule) -> tuple[ColumnElement[str | None], ColumnElement[str | None]]:
    """The reason for which the rule leaves a person out, and the group it puts them in."""
    failing = [
        (~_holds(condition), literal(condition.reason.value)) for condition in rule.conditions
    ]
    if not rule.groups:
        everybody: ColumnElement[str | None] = literal(EVERYBODY)
        return case(*failing, (literal(value=False), null()), else_=null()), everybody
    matching = [
        (and_(*(_holds(condition) for condition in group.conditions)), literal(group.id))
        for group in rule.groups
    ]
    nobody = (~or_(*(match for match, _group in matching)), literal(left_out_of_groups(rule).value))
    return case(*failing, nobody, else_=null()), case(*matching, else_=null())


def _holds(condition: Condition) -> ColumnElement[bool]:
    holds: ColumnElement[bool]
    match condition:
        case StatusIn(values):
            holds = R.status.in_(values)
        case CourseIn(values) if isinstance(values, tuple):
            holds = R.course.in_(values)
        case WaveIn(values) if isinstance(values, tuple):
            holds = R.wave.in_(values)
        case LanguageIn(values):
            holds = func.coalesce(R.language, "").in_(values)
        case NotFinished():
            holds = R.finished_at.is_(None)
        case PaymentWithin(results, start, end):
            holds = exists().where(
                PaymentAttemptRow.registrant_id == R.id,
                PaymentAttemptRow.result.in_(results),
                PaymentAttemptRow.attempted_at.between(start, end),
            )
        case _:
            raise TypeError("the rule is not bound: call bind() first")
    return holds


def _without_address(channels: Sequence[Channel]) -> ColumnElement[str | None]:
    has = {
        Channel.SMS: R.phone.is_not(None),
        Channel.EMAIL: R.email.is_not(None),
        Channel.PUSH: exists().where(PushTokenRow.registrant_id == R.id),
    }
    reachable = or_(*(has[channel] for channel in channels))
    return case((~reachable, literal(LeftOut.NO_ADDRESS.value)), else_=null())


def _rank(race: Race) -> ColumnElement[int]:
    """The order of sending: the wave that starts soonest leaves home soonest."""
    waves = sorted(race.waves, key=lambda wave: race.waves[wave])
    if not waves:
        return literal(0)
    return case({wave: place for place, wave in enumerate(waves)}, value=R.wave, else_=len(waves))


def _language(selection: Selection) -> ColumnElement[str]:
    return case(
        (R.language.in_(selection.languages), R.language), else_=selection.race.default_language
    )


def notices_of(incident_id: str) -> Select[int]:
    """Return a SELECT of the ids of an incident's notices, oldest first."""
    return select(NoticeRow.id).where(NoticeRow.incident_id == incident_id).order_by(NoticeRow.id)
