"""The SQL of an audience says what the domain says, about any race, rule and registrants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, insert, select

from notify.bootstrap import utc_now
from notify.domain.audience import bind
from notify.domain.delivery import Channel
from notify.domain.race import race_document
from notify.store.audience import Selection
from notify.store.audience import addresses as addresses_query
from notify.store.audience import people as people_query
from notify.store.deliveries import DeliveryRow, LaneRow, SharedDeliveryRow
from notify.store.engine import Database
from notify.store.planning import foreseen, plan, planned
from notify.store.races import RaceRow
from tests.rows import Incident, add_incident
from tests.rows import add_race as add_other_race
from tests.store import audiences as a
from tests.usecases.scene import RACE_ID, Runner, insert_runner

FAST = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
GIVEN = {
    "race": a.races(),
    "rule": a.rules(),
    "facts": a.facts,
    "runners": a.people,
    "on": a.channels,
}


@pytest.fixture
def database(migrated_url) -> Iterator[Database]:
    database = Database(migrated_url)
    add_other_race(database, "another")
    add_incident(database, Incident(race_id="another"))
    yield database
    database.engine.dispose()


@contextmanager
def written(database, race, runners) -> Iterator[tuple[Connection, dict[int, Runner]]]:
    """Write a race and its runners; take everything back at the end."""
    with database.engine.connect().execution_options(notify_write=True) as connection:
        now = utc_now()
        connection.execute(
            insert(RaceRow).values(
                id=race.id, document=race_document(race), created_at=now, updated_at=now
            )
        )
        yield connection, {insert_runner(connection, r, RACE_ID): r for r in runners}
        connection.rollback()


def select_of(race, rule, on):
    return Selection(rule=rule, race=race, channels=on, languages=("en", "zh-CN"))


def told_of(answers, runners):
    return [
        a.Told(registrant_id, runners[registrant_id], group, language, rank)
        for registrant_id, (reason, group, rank, language) in answers.items()
        if reason is None and group is not None
    ]


@given(**GIVEN)
@FAST
def test_people_are_selected_as_the_domain_explains(database, race, rule, facts, runners, on):
    bound = bind(rule, facts, race)
    with written(database, race, runners) as (connection, ids):
        rows = connection.execute(people_query(select_of(race, bound, on))).all()

    found = {r.registrant_id: (r.left_out, r.group_id, r.rank, r.language) for r in rows}
    assert a.expected_people(bound, race, on, ids) == found
    assert len(runners) == len(rows)


@given(**GIVEN)
@FAST
def test_each_address_has_one_row_in_the_order_of_sending(database, race, rule, facts, runners, on):
    bound = bind(rule, facts, race)
    with written(database, race, runners) as (connection, ids):
        who = people_query(select_of(race, bound, on)).cte("who")
        found = {
            channel: connection.execute(
                addresses_query(channel, who, bound.group_ids).order_by("position")
            ).all()
            for channel in on
        }
        told = told_of(a.expected_people(bound, race, on, ids), ids)

    for channel, rows in found.items():
        wanted = a.expected_addresses(channel, told, bound.group_ids)
        assert wanted == [(r.registrant_id, r.address, r.language, r.group_id) for r in rows]
        assert list(range(len(rows))) == [row.position for row in rows]


@given(**GIVEN)
@FAST
def test_planning_writes_what_was_foreseen_and_credits_everybody(
    database, race, rule, facts, runners, on
):
    bound = bind(rule, facts, race)
    selection = select_of(race, bound, on)
    with written(database, race, runners) as (connection, ids):
        before = list(foreseen(connection, selection))
        sizes = plan(connection, notice_id=1, selection=selection, at=utc_now())
        after = list(planned(connection, 1))
        credited = credits(connection)
        lanes = dict(connection.execute(select(LaneRow.channel, LaneRow.size)).all())
        told = told_of(a.expected_people(bound, race, on, ids), ids)

    assert before == after
    assert {channel: size for channel, size in sizes.items() if size} == lanes
    wanted = {
        (channel, address, person.registrant_id)
        for person in told
        for channel in on
        for address in a.addresses_of(person.runner, channel)
    }
    assert sorted(wanted) == sorted(credited)


def credits(connection: Connection) -> list[tuple[Channel, str, int]]:
    """Return (channel, address, registrant) of everybody a delivery is counted for."""
    deliveries = select(
        LaneRow.channel, DeliveryRow.address, DeliveryRow.registrant_id, DeliveryRow.id
    ).join(LaneRow, LaneRow.id == DeliveryRow.lane_id)
    rows = connection.execute(deliveries).all()
    at = {row.id: (Channel(row.channel), row.address) for row in rows}
    others = connection.execute(select(SharedDeliveryRow.__table__)).all()
    first = [(*at[row.id], row.registrant_id) for row in rows]
    return first + [(*at[other.delivery_id], other.registrant_id) for other in others]
