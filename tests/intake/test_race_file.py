"""The race file: everything in it arrives, and every mistake is said with its line."""

from __future__ import annotations

import json
from datetime import datetime, time

import pytest

from notify.domain.race import Policy, race_document, race_from_document
from notify.intake.files import FileRefused
from notify.intake.race_file import read_race_file
from tests.intake.builders import DATA

SMALL = """\
id: small-2026
name: {en: Small Race}
starts_at: 2026-12-06T07:30
time_zone: America/Chicago
default_region: US
default_language: en
sms_sender_name: Small
courses:
  - {id: half, km: 21.1, name: {en: Half, zh-CN: 半程}, segments: [park, lake]}
  - {id: 10k, km: 10, name: {en: 10K}}
segments:
  park: {en: Park}
  lake: {en: Lake}
waves: {A: "07:30", B: 10:40}
aid_stations: [{id: as1, km: 5}]
policies: {refund: {clause: 7.2, en: No refund.}}
contact: {email: help@small.example.com, phone: "+1 312 555 0100"}
"""


def refusal(tmp_path, old: str, new: str) -> list[str]:
    """Return what is said of the small race's file with ``old`` replaced by ``new``."""
    assert old in SMALL
    path = tmp_path / "race.yaml"
    path.write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        read_race_file(path)
    return str(refused.value).replace(f"{tmp_path}/", "").splitlines()


def test_everything_in_the_file_arrives(tmp_path):
    (tmp_path / "race.yaml").write_text(SMALL, encoding="utf-8")

    race = read_race_file(tmp_path / "race.yaml")

    assert datetime(2026, 12, 6, 7, 30) == race.starts_at  # noqa: DTZ001 (wall clock)
    assert {"A": time(7, 30), "B": time(10, 40)} == race.waves
    assert ("park", "lake") == race.courses[0].segments
    assert () == race.courses[1].segments
    assert 10 == race.courses[1].km
    assert {"refund": Policy("7.2", {"en": "No refund."})} == race.policies
    assert "+1 312 555 0100" == race.contact.phone


@pytest.mark.parametrize("name", ["lakeshore-marathon", "xihu-marathon"])
def test_a_race_survives_being_kept_as_a_document(name):
    race = read_race_file(DATA / f"{name}.yaml")

    assert race == race_from_document(json.loads(json.dumps(race_document(race))))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: small-2026", "id: Small 2026", "line 1: id: must be lower-case letters"),
        ("{en: Small Race}", "Small Race", "line 2: name: must have one text per language"),
        ("{en: Small Race}", "{fr: Course}", "line 2: name.fr: is not a language of this system"),
        ("{en: Small Race}", "{en: []}", "line 2: name.en: must be a text"),
        ("{en: Small Race}", "{zh-CN: 小赛}", "line 2: name: has no text in the race's default"),
        ("T07:30", "", "line 3: starts_at: must be a date and time, e.g. 2026-12-06T07:30"),
        ("T07:30", "T07:30Z", "line 3: starts_at: must be the race's own clock: leave the offset"),
        ("2026-12-06T07:30", "2026-03-08T02:30", "line 3: starts_at: 2026-03-08T02:30 does not"),
        ("2026-12-06T07:30", "2026-11-01T01:30", "line 3: starts_at: 2026-11-01T01:30 happens t"),
        ("America/Chicago", "Chicago", "line 4: time_zone: must be an IANA time zone"),
        ("America/Chicago", "/etc/passwd", "line 4: time_zone: must be an IANA time zone"),
        ("default_region: US", "default_region: USA", "line 5: default_region: must be a country"),
        ("language: en\n", "language: fr\n", "line 6: default_language: must be one of en, zh-CN"),
        ("sms_sender_name: Small\n", "", "line 1: sms_sender_name: is missing; add it"),
        ("name: Small\n", 'name: ""\n', "line 7: sms_sender_name: is empty; fill it in"),
        ("name: Small\n", 'name: "a\\nb"\n', "line 7: sms_sender_name: must be one line of text"),
        ("name: Small\n", f"name: {'x' * 21}\n", "line 7: sms_sender_name: is longer than 20"),
        ("id: half", "id: 10k", "line 10: courses[2].id: '10k' is used twice"),
        ("km: 21.1", "km: far", "line 9: courses[1].km: must be a number of kilometres"),
        ("km: 21.1", "km: nan", "line 9: courses[1].km: must be a number of kilometres"),
        ("km: 21.1", "km: -1", "line 9: courses[1].km: must be between 0 and 1000"),
        ("[park, lake]", "[park, sea]", "line 9: courses[1].segments[2]: 'sea' is not among"),
        ("[park, lake]", "park", "line 9: courses[1].segments: must be a list"),
        ("zh-CN: 半程", "zh-CN: 10 k", "line 10: courses[2].name.en: '10K' is also the name of"),
        ("{en: Lake}", "Lake", "line 13: segments.lake: must have one text per language"),
        ("10:40", "25:00", "line 14: waves.B: must be a time from 00:00 to 23:59"),
        ("km: 5", "km: 50", "line 15: aid_stations[1].km: lies beyond the longest course (21.1"),
        ("{clause: 7.2, en: No refund.}", "{en: x}", "line 16: policies.refund: must have a cla"),
        ("clause: 7.2", "clause: 7.2, fr: Non", "line 16: policies.refund.fr: is not a language"),
        ("help@small", "help@", "line 17: contact.email: must be an e-mail address"),
        ("+1 312 555 0100", "312 555 0100", "line 17: contact.phone: must be a phone number with"),
        ("+1 312 555 0100", "+1 555", "line 17: contact.phone: must be a phone number with + and"),
        ("contact:", "contacts:", "line 17: contacts: is not known here; check the spelling"),
    ],
)
def test_a_mistake_is_said_with_its_line(tmp_path, old, new, said):
    assert f"race.yaml: {said}" in [
        line[: len(f"race.yaml: {said}")] for line in refusal(tmp_path, old, new)
    ]


def test_all_mistakes_are_said_at_once(tmp_path):
    said = refusal(tmp_path, "time_zone: America/Chicago\ndefault_region: US", "time_zone: Mars")

    assert [
        "race.yaml: line 1: default_region: is missing",
        "race.yaml: line 4: time_zone: must be an IANA time zone",
    ] == [line.split("; ")[0].split(", e.g.")[0] for line in said]
