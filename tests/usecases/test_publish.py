"""The publish gate: no message leaves before FAQ, page and banner of its revision read back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from sqlalchemy import delete, insert, select, update

from notify.domain.delivery import Channel, DeliveryStatus
from notify.domain.notice import NoticeKind, Surface
from notify.ports import FaqPublisher
from notify.store.deliveries import NoticeRow
from notify.store.incidents import ShownRow
from notify.usecases.errors import NotPublished
from notify.usecases.publish import GATED, publish
from notify.usecases.shown import shown
from notify.usecases.sweep import sweep
from tests.usecases.scene import Scene, register, runners

S = DeliveryStatus


@dataclass
class Slow:
    """A second publisher, an event site perhaps, that shows nothing until it is told to."""

    other: FaqPublisher
    name: str = "event site"
    ready: bool = False

    def read_back(self, incident_id):
        """Return what it shows."""
        return self.other.read_back(incident_id) if self.ready else {}


@pytest.fixture
def slow(scene) -> Slow:
    return Slow(scene.services.surfaces[0])


@pytest.fixture
def gated(scene, slow) -> Scene:
    """Give the scene with a second publisher, which shows nothing yet."""
    register(scene.database, *runners(2))
    services = replace(scene.services, surfaces=(*scene.services.surfaces, slow))
    gated: Scene = replace(scene, services=services)
    return gated


def test_nothing_can_be_claimed_until_every_publisher_shows_the_revision(gated, slow):
    launched = gated.trigger()
    before = gated.drain()
    slow.ready = True
    swept = sweep(services=gated.services)

    gated.drain()

    assert launched.published_at is None
    assert 0 == before.claimed
    assert (1, (Channel.SMS,)) == (swept.published, swept.rung)
    assert [S.ACCEPTED] * 2 == gated.statuses()


def test_a_notice_that_is_not_published_rings_nobody(gated):
    gated.trigger()

    swept = sweep(services=gated.services)

    assert [] == gated.bell.rung
    assert (0, ()) == (swept.published, swept.rung)
    assert [S.PLANNED] * 2 == gated.statuses()


def test_open_pages_hear_of_a_notice_that_the_sweep_published(gated, slow):
    gated.trigger()
    slow.ready = True

    sweep(services=gated.services)

    assert ["incidents"] == gated.bell.announced


@pytest.mark.parametrize("surface", GATED)
@pytest.mark.parametrize("harm", ["removed", "changed"])
def test_a_surface_that_does_not_read_back_keeps_the_gate_shut(gated, slow, surface, harm):
    launched = gated.trigger()
    slow.ready = True
    here = (
        ShownRow.incident_id == launched.incident_id,
        ShownRow.surface == surface.value,
        ShownRow.language == "zh-CN",
    )
    with gated.database.write() as connection:
        row = connection.execute(select(ShownRow.__table__).where(*here)).one()._asdict()
        if harm == "removed":
            connection.execute(delete(ShownRow).where(*here))
        else:
            connection.execute(update(ShownRow).where(*here).values(text="All is well."))

    with pytest.raises(NotPublished, match=f"notify does not show {surface.value} .zh-CN. yet"):
        publish(launched.notice_id, services=gated.services)
    shut = (sweep(services=gated.services).published, gated.drain().claimed)
    with gated.database.write() as connection:
        connection.execute(delete(ShownRow).where(*here))
        connection.execute(insert(ShownRow).values(**row))
    repaired = (sweep(services=gated.services).published, gated.drain().claimed)

    assert (0, 0) == shut
    assert (1, 2) == repaired


def test_a_gate_opens_once(gated, slow):
    launched = gated.trigger()
    slow.ready = True
    publish(launched.notice_id, services=gated.services)
    first = gated.notice(launched.notice_id).published_at
    gated.clock.advance(minutes=1)

    publish(launched.notice_id, services=gated.services)

    assert first == gated.notice(launched.notice_id).published_at


def test_a_notice_overtaken_before_it_was_published_never_leaves(gated, slow):
    first = gated.trigger()
    second = gated.revise(first.incident_id, NoticeKind.UPDATE)
    slow.ready = True

    swept = sweep(services=gated.services)
    gated.drain()

    assert 1 == swept.published
    assert gated.notice(first.notice_id).published_at is None
    assert [S.CANCELLED] * 2 == gated.statuses(first.notice_id)
    assert [S.ACCEPTED] * 2 == gated.statuses(second.notice_id)
    assert shown(first.incident_id, services=gated.services).published


def test_one_notice_whose_wording_cannot_be_read_does_not_stop_the_sweep(gated, slow):
    broken = gated.trigger()
    other = gated.trigger(drill=True)
    slow.ready = True
    with gated.database.write() as connection:
        connection.execute(
            update(NoticeRow).where(NoticeRow.id == broken.notice_id).values(wording="{}")
        )

    swept = sweep(services=gated.services)

    assert 1 == swept.published
    assert gated.notice(broken.notice_id).published_at is None
    assert gated.notice(other.notice_id).published_at is not None


def test_the_scripts_are_not_part_of_the_gate():
    assert Surface.AGENT_SCRIPT not in GATED
    assert Surface.PA_SCRIPT not in GATED
