"""A made-up person, incident and race, for checking wording before there are real ones."""

from __future__ import annotations

from datetime import datetime, time

from notify.content.wording import IncidentContext, PersonFields
from notify.domain.race import Contact, Course, Policy, Race

SAMPLE_PERSON = PersonFields("Ada", "Example", "1024", "marathon", "B")

SAMPLE_INCIDENT = IncidentContext(
    code="k7m2p9x",
    page_url="https://notices.example.com/i/k7m2p9x",
    verify_url="https://notices.example.com/verify/k7m2p9x",
    revision=1,
    issued_at="2026-12-05T22:00:00+00:00",
)
"""Its addresses are as long as real ones, so that the parts of an SMS are counted right."""

SAMPLE_RACE = Race(
    id="sample-2026",
    name={"en": "Lakeshore Marathon 2026", "zh-CN": "湖滨马拉松 2026"},
    starts_at=datetime.fromisoformat("2026-12-06T07:30"),
    time_zone="America/Chicago",
    default_region="US",
    default_language="en",
    sms_sender_name="Lakeshore",
    courses=(
        Course("marathon", 42.195, {"en": "Marathon", "zh-CN": "马拉松"}, ("lakefront", "river")),
        Course("half", 21.0975, {"en": "Half Marathon", "zh-CN": "半程马拉松"}, ("lakefront",)),
    ),
    segments={
        "lakefront": {"en": "Lakefront Trail", "zh-CN": "湖滨步道"},
        "river": {"en": "River Road", "zh-CN": "河滨路"},
    },
    waves={"A": time(7, 30), "B": time(7, 40)},
    contact=Contact("help@lakeshore.example.com", "+1 312 555 0100"),
    policies={
        "refund": Policy(
            "7.2",
            {
                "en": "Entries to a race cancelled for weather move to next year at no cost.",
                "zh-CN": "因天气取消的赛事，报名资格免费顺延至下一年。",
            },
        )
    },
)
