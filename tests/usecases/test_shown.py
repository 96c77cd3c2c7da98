"""What everybody sees is of one revision, whatever is written while they look."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from notify.domain.notice import NoticeKind, Surface
from notify.usecases.errors import Unknown
from notify.usecases.shown import all_shown, shown, shown_version
from notify.usecases.status import status
from tests.usecases.scene import a_race, register, runners, write_race


class Between:
    """Does something once, between the first statement of whoever reads next and the second."""

    def __init__(self, scene, deed):
        self._engine = scene.database.engine
        self._deed, self.statements = deed, 0

    def __enter__(self):
        event.listen(self._engine, "before_cursor_execute", self._execute)
        return self

    def __exit__(self, *_):
        event.remove(self._engine, "before_cursor_execute", self._execute)

    def _execute(self, _connection, _cursor, statement, _parameters, _context, _many):
        self.statements += statement != "BEGIN"
        if self.statements == 2 and self._deed:
            deed, self._deed = self._deed, None
            deed()


def test_a_page_shows_one_revision_although_another_is_written_meanwhile(scene):
    register(scene.database, *runners(1))
    code = scene.trigger().incident_id

    with Between(scene, lambda: scene.revise(code, NoticeKind.UPDATE)):
        seen = shown(code, services=scene.services)

    assert (1, NoticeKind.ALERT, 1) == (seen.revision, seen.kind, len(seen.revisions))
    assert seen.texts["en"][Surface.BANNER].endswith("r1")


def test_a_status_is_of_one_moment_although_messages_leave_meanwhile(scene):
    register(scene.database, *runners(3))
    code = scene.trigger().incident_id

    with Between(scene, scene.drain):
        seen = status(code, services=scene.services)

    assert (0, {"sms": {"planned": 3}}, None) == (
        seen.reached,
        seen.deliveries,
        seen.seconds["first_accepted"],
    )


def test_active_incidents_are_listed_without_those_resolved_and_drills_on_request(scene):
    register(scene.database, *runners(1))
    write_race(scene.database, a_race(id="other"))
    register(scene.database, *runners(1), race_id="other")
    over = scene.trigger().incident_id
    scene.revise(over, NoticeKind.ALL_CLEAR)
    live = scene.trigger(race_id="other").incident_id
    drill = scene.trigger(drill=True).incident_id

    def codes(**which):
        return {item.incident_id for item in all_shown(services=scene.services, **which)}

    assert {over, live, drill} == codes(active_only=False)
    assert {live, drill} == codes(active_only=True)
    assert {live} == codes(active_only=True, drills=False)


def test_the_version_changes_with_every_start_revision_and_end(scene):
    register(scene.database, *runners(1))
    versions = [shown_version(services=scene.services)]
    code = scene.trigger().incident_id
    versions.append(shown_version(services=scene.services))
    for kind in (NoticeKind.UPDATE, NoticeKind.ALL_CLEAR):
        scene.revise(code, kind)
        versions.append(shown_version(services=scene.services))

    assert ["", f"{code}.1", f"{code}.2", ""] == versions


def test_an_unknown_incident_is_not_shown(scene):
    with pytest.raises(Unknown):
        shown("nothere", services=scene.services)
