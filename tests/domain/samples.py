"""A race, a playbook and people to try rules on."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from notify.domain.audience import AudienceRule, NotFinished, Person, StatusIn
from notify.domain.delivery import Channel
from notify.domain.incident import Severity
from notify.domain.notice import NoticeKind
from notify.domain.playbook import Fact, FactType, Playbook
from notify.domain.race import Contact, Course, Race


def a_race(**changed: Any) -> Race:
    values: dict[str, Any] = {
        "id": "lake-2026",
        "name": {"en": "Lakeshore Marathon", "zh-CN": "湖滨马拉松"},
        "starts_at": datetime.fromisoformat("2026-12-06T07:30"),
        "time_zone": "America/Chicago",
        "default_region": "US",
        "default_language": "en",
        "sms_sender_name": "Lakeshore",
        "courses": (
            Course("marathon", 42.195, {"en": "Marathon"}, ("park", "river", "stadium")),
            Course("half", 21.0975, {"en": "Half"}, ("park", "stadium")),
        ),
        "segments": {"park": {"en": "Park"}, "river": {"en": "River"}, "stadium": {"en": "End"}},
        "waves": {"A": time(7, 30), "B": time(7, 40)},
        "contact": Contact("help@lake.example.com", "+1 312 555 0100"),
    }
    return Race(**{**values, **changed})


def a_fact(fact_id: str = "what", kind: FactType = FactType.TEXT, **changed: Any) -> Fact:
    return Fact(**{"id": fact_id, "type": kind, "label": {"en": fact_id}, **changed})


def a_playbook(*facts: Fact, **changed: Any) -> Playbook:
    values: dict[str, Any] = {
        "id": "trial",
        "name": {"en": "Trial"},
        "summary": {"en": "A trial"},
        "severity": Severity.MINOR,
        "priority": 1,
        "facts": facts,
        "audience": AudienceRule((StatusIn(("confirmed",)), NotFinished())),
        "channels": (Channel.SMS,),
        "kinds": (NoticeKind.ALERT, NoticeKind.HOLDING),
        "expires_after": timedelta(hours=1),
        "source_hash": "",
    }
    return Playbook(**{**values, **changed})


def a_person(**changed: Any) -> Person:
    values: dict[str, Any] = {
        "course": "marathon",
        "wave": "A",
        "language": "en",
        "status": "confirmed",
        "finished": False,
    }
    return Person(**{**values, **changed})
