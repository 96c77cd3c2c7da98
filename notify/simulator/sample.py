"""A made-up race of any size, as a registration office would hand it over: a YAML and a CSV file.

Deterministic for a seed. Phone numbers are example numbers only (North American 555-01xx, and the
block +86 131 2345 xxxx), mail addresses are under example domains.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import phonenumbers

HEADER = (
    *("Registration ID", "Bib", "First Name", "Last Name", "E-mail", "Cell Phone", "Country"),
    *("Event", "Corral", "Language", "Status", "Payment Status", "Payment Attempted At"),
    "Push Token",
)

_GIVEN = {
    "en": ("Alex", "Blake", "Casey", "Drew", "Emery", "Jordan", "Kai", "Morgan", "Noor", "Zoë"),
    "zh-CN": ("伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇"),
}
_FAMILY = {
    "en": ("Abara", "Berg", "Costa", "Dvořák", "Eriksson", "Fischer", "Garcia", "Haddad"),
    "zh-CN": ("王", "李", "张", "刘", "陈", "杨", "赵", "黄"),
}
_COURSES = (("Marathon", 41), ("Half Marathon", 34), ("10K", 25))
_STATUSES = (("Confirmed", 88), ("Pending", 5), ("Waitlisted", 4), ("Cancelled", 3))
_PAYMENTS = (("Paid", 90), ("Pending", 6), ("Failed", 4))
_WAVES = "ABCDE"

_RACE = """\
id: {race_id}
name: {{en: Riverside Marathon {year}, zh-CN: 滨江马拉松 {year}}}
starts_at: {starts_at}
time_zone: America/Chicago
default_region: US
default_language: en
sms_sender_name: Riverside
courses:
  - {{id: marathon, km: 42.195, name: {{en: Marathon, zh-CN: 马拉松}},
      segments: [start-park, lakefront, river-road, west-loop, stadium]}}
  - {{id: half, km: 21.0975, name: {{en: Half Marathon, zh-CN: 半程马拉松}},
      segments: [start-park, lakefront, stadium]}}
  - {{id: 10k, km: 10, name: {{en: 10K, zh-CN: 十公里}}, segments: [start-park, stadium]}}
segments:
  start-park: {{en: Start Park, zh-CN: 起点公园}}
  lakefront: {{en: Lakefront Trail, zh-CN: 湖滨步道}}
  river-road: {{en: River Road, zh-CN: 河滨路}}
  west-loop: {{en: West Loop, zh-CN: 西环}}
  stadium: {{en: Stadium Finish, zh-CN: 体育场终点}}
waves: {{A: "07:30", B: "07:40", C: "07:50", D: "08:00", E: "08:10"}}
aid_stations: [{{id: as1, km: 5}}, {{id: as2, km: 10}}, {{id: as3, km: 15}}]
policies:
  refund:
    clause: "7.2"
    en: "Entries to a race cancelled for weather move to next year at no cost."
    zh-CN: "因天气取消的赛事,报名资格免费顺延至下一年。"
contact: {{email: help@riverside.example.com, phone: "+1 312 555 0100"}}
"""


def write_race(path: Path, *, race_id: str, starts_at: datetime) -> None:
    """Write the race file; ``starts_at`` is the race's wall clock."""
    stamp = starts_at.strftime("%Y-%m-%dT%H:%M")
    text = _RACE.format(race_id=race_id, year=starts_at.year, starts_at=stamp)
    path.write_text(text, encoding="utf-8")


def write_registrants(path: Path, *, count: int, paid_until: datetime, seed: int = 1) -> None:
    """Write ``count`` registrants; payments were made in the three weeks before ``paid_until``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(count, paid_until, random.Random(seed)))  # noqa: S311 - made-up data


def _rows(count: int, paid_until: datetime, chance: random.Random) -> Iterator[tuple[str, ...]]:
    phones = {"en": "", "zh-CN": ""}
    for number in range(count):
        language = "zh-CN" if chance.random() < 0.15 else "en"
        # Some runners of a family give the same phone.
        if not phones[language] or chance.random() > 0.08:
            phones[language] = _phone(language, number)
        paid_at = paid_until - timedelta(minutes=chance.randrange(21 * 24 * 60))
        yield (
            f"RV{number:08d}",
            str(1000 + number),
            chance.choice(_GIVEN[language]),
            chance.choice(_FAMILY[language]),
            "" if chance.random() < 0.01 else f"runner{number}@example.com",
            "" if chance.random() < 0.02 else phones[language],
            "CN" if language == "zh-CN" else "US",
            _pick(chance, _COURSES),
            chance.choice(_WAVES),
            language if chance.random() > 0.03 else "",
            _pick(chance, _STATUSES),
            _pick(chance, _PAYMENTS),
            paid_at.strftime("%Y-%m-%d %H:%M"),
            f"sample-{_token(number)}" if chance.random() < 0.55 else "",
        )


def _token(number: int) -> str:
    return f"{number:09d}-{random.Random(number).getrandbits(128):032x}"  # noqa: S311


def _pick(chance: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    words, weights = zip(*weighted, strict=True)
    return str(chance.choices(words, weights)[0])


def _phone(language: str, number: int) -> str:
    if language == "zh-CN":
        return f"+86 131 2345 {number % 10_000:04d}"
    codes = _area_codes()
    return f"+1 {codes[number // 100 % len(codes)]} 555 01{number % 100:02d}"


@cache
def _area_codes() -> tuple[int, ...]:
    """North American area codes that exist, each with a hundred example numbers, 555-0100 up."""
    return tuple(
        code
        # From 800 on are toll-free numbers: what sends, not who receives.
        for code in range(201, 800)
        if phonenumbers.is_valid_number(phonenumbers.parse(f"+1{code}5550100"))
    )


def sample_facts(playbook: str, now: datetime) -> dict[str, str]:
    """Return facts to try a shipped playbook with; empty for another."""
    later = (now + timedelta(hours=2)).isoformat(timespec="minutes")
    facts = {
        "weather_cancellation": {
            "decision": "cancelled",
            "cause": "wind",
            "do_now": "do_not_travel",
            "next_update_at": later,
        },
        "route_change": {
            "segments_closed": "river-road",
            "replacement": "Harbour Street",
            "replacement_zh": "港湾街",
            "effective_from": now.isoformat(timespec="minutes"),
            "next_update_at": later,
        },
        "payment_outage": {
            "outage_from": (now - timedelta(days=14)).isoformat(timespec="minutes"),
            "outage_to": now.isoformat(timespec="minutes"),
            "what_failed": "payment_page",
            "held_until": (now + timedelta(days=2)).isoformat(timespec="minutes"),
            "retry_link": "https://riverside.example.com/pay",
            "next_update_at": later,
        },
    }
    return facts.get(playbook, {})
