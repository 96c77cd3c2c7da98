"""One incident from the race file to the all-clear, everything real but the providers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from notify.bootstrap import utc_now
from notify.simulator.sample import sample_facts, write_race, write_registrants
from notify.store.deliveries import DeliveryRow, LaneRow, NoticeRow, RecipientRow
from notify.store.engine import Database
from tests.journeys.stage import Stage, staged

pytestmark = pytest.mark.slow

RACE = "riverside-journey"
PEOPLE = 150
ARRIVED = ("delivered", "accepted", "sent")


@pytest.fixture
def stage(migrated_url, short_path) -> Iterator[Stage]:
    with staged(migrated_url, short_path) as stage:
        yield stage


@pytest.fixture
def database(migrated_url) -> Iterator[Database]:
    database = Database(migrated_url)
    yield database
    database.engine.dispose()


def bring_in_the_race(stage: Stage) -> None:
    now = utc_now().replace(tzinfo=None)
    race, registrants = stage.var / "race.yaml", stage.var / "registrants.csv"
    write_race(race, race_id=RACE, starts_at=now)
    write_registrants(registrants, count=PEOPLE, paid_until=now)
    stage.notify("race", "add", str(race))
    assert PEOPLE == stage.notify("import", str(registrants), "--race", RACE)["accepted"]


def planned(database: Database, notice_id: int) -> dict[str, Counter[tuple[str, str]]]:
    """Return (address, language) of every planned delivery by channel."""
    query = (
        select(LaneRow.channel, DeliveryRow.address, RecipientRow.language)
        .join(DeliveryRow, DeliveryRow.lane_id == LaneRow.id)
        .join(
            RecipientRow,
            (RecipientRow.notice_id == LaneRow.notice_id)
            & (RecipientRow.registrant_id == DeliveryRow.registrant_id),
        )
        .where(LaneRow.notice_id == notice_id)
    )
    found: dict[str, Counter[tuple[str, str]]] = {}
    with database.read() as connection:
        for channel, address, language in connection.execute(query):
            found.setdefault(channel, Counter())[address, language] += 1
    return found


def language_of(text: str) -> str:
    return "zh-CN" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"


def trigger(stage: Stage):
    """Call the race off; return the status once every message has left."""
    facts = sample_facts("weather_cancellation", utc_now())
    options = [part for name, value in facts.items() for part in ("--fact", f"{name}={value}")]
    return stage.notify("trigger", "weather_cancellation", "--race", RACE, *options, "--wait")


def test_an_incident_reaches_everybody_once_and_is_corrected_and_resolved(stage, database):
    bring_in_the_race(stage)
    stage.start_everything()

    alert = trigger(stage)
    wanted = planned(database, alert["notice"])
    everybody_has_it_once(stage, alert, wanted)
    nothing_left_before_it_was_shown(stage, database, alert)

    # Signed receipts come in through the real web server.
    incident, texts = alert["incident"], len(stage.accepted("sms"))
    done = stage.until(incident, lambda status: set(status["deliveries"]["sms"]) == {"delivered"})
    assert alert["reached"] == done["reached"]

    # The correction goes to exactly those who got the alert, the all-clear after it too.
    changes = ("--fact", "decision=as_planned", "--fact", "do_now=come")
    correction = stage.notify("correct", incident, *changes, "--wait")
    assert wanted == planned(database, correction["notice"])
    assert 2 * texts == len(stage.accepted("sms"))
    shows(stage, incident, revision=2)

    resolved = stage.notify("resolve", incident, "--wait")
    assert ("resolved", 3) == (resolved["status"], resolved["revision"])
    assert wanted == planned(database, resolved["notice"])
    assert 3 * texts == len(stage.accepted("sms"))
    assert [] == active(stage)


def everybody_has_it_once(stage: Stage, alert, wanted) -> None:
    """Check that each planned delivery was taken once, in the right language: by the oracle."""
    sms, push, email = (stage.accepted(channel) for channel in ("sms", "push", "email"))
    arrived = {state for counts in alert["deliveries"].values() for state in counts}
    assert {} == alert["failures"]
    assert arrived <= set(ARRIVED)
    assert alert["people"] == alert["reached"] > 100
    assert wanted["sms"] == Counter((line["to"], language_of(line["body"])) for line in sms)
    assert Counter(a for a, _ in wanted["push"]) == Counter(line["token"] for line in push)
    assert Counter(a for a, _ in wanted["email"]) == Counter(one(line["to"]) for line in email)


def nothing_left_before_it_was_shown(stage: Stage, database: Database, alert) -> None:
    """Check that page, FAQ and banner were on the revision before any provider was called."""
    with database.read() as connection:
        query = select(NoticeRow.__table__).where(NoticeRow.id == alert["notice"])
        notice = connection.execute(query).one()
    taken = [line["at"] for channel in ("sms", "push", "email") for line in stage.accepted(channel)]
    assert notice.created_at <= notice.published_at
    assert notice.published_at.timestamp() <= min(taken)
    shows(stage, alert["incident"], revision=1)


def one(addresses) -> str:
    [address] = addresses
    return str(address).lower()


def active(stage: Stage):
    return stage.get(f"{stage.web}/api/v1/incidents/active")["incidents"]


def shows(stage: Stage, incident: str, *, revision: int) -> None:
    """Check that banner, FAQ and page are on a revision."""
    [banner] = [item for item in active(stage) if item["incident"] == incident]
    assert revision == banner["revision"]
    entries = stage.get(f"{stage.web}/api/v1/faq")["entries"]
    assert {revision} == {item["revision"] for item in entries if item["incident"] == incident}
    with urlopen(f"{stage.web}/i/{incident}", timeout=30) as page:
        assert f"revision {revision}" in page.read().decode()
