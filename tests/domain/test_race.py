"""Races: their wall clock, their courses over segments, and the document they are kept as."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.race import (
    AidStation,
    Policy,
    WallClockError,
    race_document,
    race_from_document,
    to_utc,
)
from tests.usecases.scene import a_race

CHICAGO = ZoneInfo("America/Chicago")
ZONES = ("America/Chicago", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu")
walls = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31))  # noqa: DTZ001 - wall clocks


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_race_survives_being_kept_as_json():
    race = a_race(
        aid_stations=(AidStation("as1", 5.0),),
        policies={"refund": Policy("7.2", {"en": "Next year.", "zh-CN": "明年。"})},
    )

    assert race == race_from_document(json.loads(json.dumps(race_document(race))))


def test_courses_are_found_by_their_segments_in_race_order():
    race = a_race()

    assert ("full", "half") == race.courses_over(frozenset({"south"}))
    assert ("full",) == race.courses_over(frozenset({"north"}))
    assert () == race.courses_over(frozenset())
    assert () == race.courses_over(frozenset({"elsewhere"}))


def test_a_wave_starts_on_the_races_clock_and_an_unknown_one_with_the_race():
    race = a_race()

    assert datetime(2026, 12, 5, 23, 20, tzinfo=UTC) == race.wave_starts_at("C")
    assert datetime(2026, 12, 5, 23, 30, tzinfo=UTC) == race.wave_starts_at("?")


def test_a_time_that_does_not_exist_is_refused():
    with pytest.raises(WallClockError, match="2026-03-08T02:30 does not exist in America/Chicago"):
        to_utc(wall("2026-03-08T02:30"), CHICAGO)


def test_a_time_that_happens_twice_must_be_told_apart():
    with pytest.raises(WallClockError) as refused:
        to_utc(wall("2026-11-01T01:30"), CHICAGO)

    said = str(refused.value)
    assert "2026-11-01T01:30-05:00 or 2026-11-01T01:30-06:00" in said
    assert datetime(2026, 11, 1, 6, 30, tzinfo=UTC) == to_utc(
        wall("2026-11-01T01:30-05:00"), CHICAGO
    )


@pytest.mark.parametrize("zone", ZONES)
@given(moment=walls)
def test_a_wall_clock_time_comes_back_or_is_refused(zone, moment):
    here = ZoneInfo(zone)
    try:
        utc = to_utc(moment, here)
    except WallClockError:
        beside = {(moment + timedelta(hours=h)).replace(tzinfo=here).utcoffset() for h in (-2, 2)}
        assert 2 == len(beside)
        return

    assert moment == utc.astimezone(here).replace(tzinfo=None)


@given(moment=walls, offset=st.integers(-12, 14))
def test_a_time_with_its_offset_is_converted_as_it_is(moment, offset):
    aware = moment.replace(tzinfo=ZoneInfo("UTC")) + timedelta(hours=offset)

    assert aware == to_utc(aware, CHICAGO)


def test_a_course_is_found_by_its_id():
    race = a_race()

    assert 21.0975 == getattr(race.course("half"), "km", None)
    assert race.course("none") is None
