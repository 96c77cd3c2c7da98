"""The shipped wording, as a runner gets it: every playbook, kind, language, group and decision."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import product

import pytest

from notify.content import Content, PersonFields, Renderer, lint
from notify.content.samples import SAMPLE_INCIDENT, SAMPLE_PERSON, SAMPLE_RACE
from notify.domain.delivery import Channel
from notify.domain.facts import sample_facts
from notify.domain.notice import NoticeKind, Surface
from notify.domain.sms import count_parts
from notify.domain.text import LANGUAGES
from notify.playbooks import load_playbooks
from tests.content.samples import MESSAGES, PLAYBOOKS

BOOKS = load_playbooks(PLAYBOOKS)
KINDS = tuple(kind for kind in NoticeKind if kind is not NoticeKind.REMINDER)
DECISIONS = ("cancelled", "postponed", "shortened", "delayed_start", "as_planned")
TO_DO = ("do_not_travel", "shelter", "stop_at_aid_station", "come")

every_notice = pytest.mark.parametrize(("book", "kind"), [*product(BOOKS, KINDS)], ids=str)
in_both = pytest.mark.parametrize("language", LANGUAGES)


def renderer(book, kind, race=SAMPLE_RACE, **facts):
    given = {**sample_facts(BOOKS[book], race), **facts}
    told = {name: value for name, value in given.items() if value}
    frozen = frozen_wording(book, kind)
    return Renderer(replace(frozen, facts=told))


@cache
def frozen_wording(book, kind):
    playbook = BOOKS[book]
    facts = sample_facts(playbook, SAMPLE_RACE)
    return Content(MESSAGES).freeze(
        playbook, kind, SAMPLE_RACE, facts, SAMPLE_INCIDENT, drill=False
    )


def all_texts(texts, language, group):
    sent = [texts.sent(channel, language, group, SAMPLE_PERSON) for channel in Channel]
    return {str(k): v for part in (*sent, texts.shown(language)) for k, v in part.items()}


def sms(texts, language, group="everybody"):
    return texts.sent(Channel.SMS, language, group, SAMPLE_PERSON)["sms"]


@pytest.mark.parametrize("book", BOOKS)
def test_the_check_finds_nothing_wrong_with_what_ships(book):
    assert [] == Content(MESSAGES).check(BOOKS[book])


@every_notice
@in_both
def test_every_notice_says_something_on_every_surface(book, kind, language):
    texts = renderer(book, kind)

    for group in texts.wording.groups:
        said = all_texts(texts, language, group)
        assert set(Surface) - {Surface.EMAIL_BODY} <= set(said)
        assert not {name for name, text in said.items() if not text.strip()}
        assert [] == lint(said)
        assert SAMPLE_RACE.name[language] in said["push_title"] + said["email_text"]
        assert SAMPLE_INCIDENT.page_url in said["sms"]
        assert SAMPLE_INCIDENT.verify_url in said["email_text"]
        assert SAMPLE_RACE.contact.phone in said["page"]


@in_both
@pytest.mark.parametrize(("decision", "do_now"), [*product(DECISIONS, TO_DO)])
def test_every_decision_fits_an_sms_with_anything_to_do(language, decision, do_now):
    for kind, new_start in product(KINDS, ("", "2026-12-13T08:00-06:00")):
        if decision == "delayed_start" and not new_start:
            continue
        facts = {"decision": decision, "do_now": do_now, "new_start": new_start}
        text = sms(renderer("weather_cancellation", kind, **facts), language)

        parts = count_parts(text)
        assert parts.segments <= {"GSM-7": 2, "UCS-2": 3}[parts.encoding], text
        assert ("GSM-7" if language == "en" else "UCS-2") == parts.encoding
        assert "  " not in text
        assert not re.search(r"[.,;:。，；：][.,;。，；]|\s[.,;:。，]", text), text


@pytest.mark.parametrize("do_now", TO_DO)
@pytest.mark.parametrize(
    ("decision", "en", "zh"),
    [
        ("cancelled", "CANCELLED because of strong wind", "因大风取消"),
        ("postponed", "POSTPONED to Sun 13 Dec, 08:00", "因大风延期至12月13日（周日）08:00"),
        ("shortened", "SHORTENED to 21.1 km", "因大风缩短赛程至21.1 km"),
        ("delayed_start", "DELAYED to Sun 13 Dec, 08:00", "推迟至12月13日（周日）08:00起跑"),
        ("as_planned", "TAKING PLACE AS PLANNED", "照常举行"),
    ],
)
def test_the_decision_comes_first_everywhere(decision, en, zh, do_now):
    facts = {"decision": decision, "do_now": do_now, "new_start": "2026-12-13T08:00-06:00"}
    texts = renderer("weather_cancellation", NoticeKind.ALERT, **facts)

    for language, verdict in (("en", en), ("zh-CN", zh)):
        said = all_texts(texts, language, "everybody")
        for surface in ("sms", "push_body", "banner", "page", "faq_answer"):
            assert verdict in re.split(r"(?<=[a-z])\. |。|\n", said[surface])[0], surface


def test_a_postponed_race_without_a_new_date_says_so():
    texts = renderer("weather_cancellation", NoticeKind.ALERT, decision="postponed", new_start="")

    assert "POSTPONED because of strong wind. The new date is not known yet." in sms(texts, "en")
    assert "因大风延期，新日期另行通知。" in sms(texts, "zh-CN")


def test_courses_and_waves_that_are_affected_are_named():
    facts = {"courses": ("marathon", "half"), "waves": ("A", "B")}
    texts = renderer("weather_cancellation", NoticeKind.ALERT, **facts)

    assert "Marathon and Half Marathon on Sun 6 Dec (waves A and B) CANCELLED" in sms(texts, "en")
    assert "12月6日（周日）马拉松和半程马拉松（A和B区）因大风取消" in sms(texts, "zh-CN")


def test_an_sms_begins_with_who_sends_it():
    english = renderer("weather_cancellation", NoticeKind.ALERT)
    race = {**english.wording.race, "default_language": "zh-CN", "sms_sender_name": "西湖马拉松"}
    chinese = Renderer(replace(english.wording, race=race))

    assert sms(english, "en").startswith("Lakeshore: ")
    assert sms(english, "zh-CN").startswith("【湖滨马拉松 2026】")
    # A Chinese sender name would turn an English SMS into UCS-2.
    assert sms(chinese, "en").startswith("Lakeshore Marathon 2026: ")
    assert sms(chinese, "zh-CN").startswith("【西湖马拉松】")


@pytest.mark.parametrize("book", BOOKS)
def test_a_correction_says_plainly_that_we_were_wrong(book):
    texts = renderer(book, NoticeKind.CORRECTION)

    for group in texts.wording.groups:
        for language, words in (("en", ("wrong",)), ("zh-CN", ("有误",))):
            said = all_texts(texts, language, group)
            for surface in ("sms", "push_body", "email_text", "faq_answer", "banner", "pa_script"):
                assert any(word in said[surface] for word in words), surface


@pytest.mark.parametrize("book", BOOKS)
@in_both
def test_a_holding_notice_promises_the_next_update_and_decides_nothing(book, language):
    bare = {"decision": "", "do_now": "", "new_start": "", "replacement": "", "replacement_zh": ""}
    facts = bare | {"held_until": "", "retry_link": ""}
    texts = renderer(book, NoticeKind.HOLDING, **facts)
    at = Renderer.shown(texts, language)[Surface.BANNER]

    assert ("Next update by" if language == "en" else "下次通报不晚于") in at
    for group in texts.wording.groups:
        said = all_texts(texts, language, group)["sms"]
        assert not re.search("CANCELLED|POSTPONED|取消|延期", said)


def test_who_was_charged_is_never_asked_to_pay():
    for kind, language in product(KINDS, LANGUAGES):
        texts = renderer("payment_outage", kind)
        link = "https://example.com/pay"
        for group in ("charged", "pending"):
            for channel in Channel:
                said = " ".join(texts.sent(channel, language, group, SAMPLE_PERSON).values())
                assert link not in said
            assert re.search("not pay (again|a second time)|重复付款", sms(texts, language, group))
        if kind is not NoticeKind.HOLDING:
            assert link in sms(texts, language, "failed")
            assert link in texts.shown(language)[Surface.FAQ_ANSWER]


def test_a_payment_outage_explains_all_cases_on_the_page():
    page = renderer("payment_outage", NoticeKind.ALERT).shown("en")[Surface.PAGE]

    for words in ("do not pay again", "still pending", "try again here"):
        assert words in page


@every_notice
def test_chinese_is_set_with_chinese_punctuation(book, kind):
    texts = renderer(book, kind)

    for group in texts.wording.groups:
        for name, text in all_texts(texts, "zh-CN", group).items():
            assert not re.search(r"[一-鿿][,;:!?()]|[,;:!?][一-鿿]", text), (name, text)
            assert not re.search(r"[一-鿿] [一-鿿]", text), (name, text)


@every_notice
@in_both
def test_nobody_needs_a_name_a_bib_or_a_wave_to_be_told(book, kind, language):
    texts = renderer(book, kind)

    for group, channel in product(texts.wording.groups, Channel):
        for text in texts.sent(channel, language, group, PersonFields()).values():
            assert not re.search(r"Hello ,|\bNone\b|bib \.|^，您好|参赛号 。", text), text


@every_notice
@in_both
def test_sms_and_push_show_nothing_personal_for_families_share_phones(book, kind, language):
    texts = renderer(book, kind)

    for surface in (Surface.SMS, Surface.PUSH_TITLE, Surface.PUSH_BODY, Surface.EMAIL_SUBJECT):
        assert frozenset() == texts.person_fields_in(surface, language, texts.wording.groups[0])


def test_the_refund_clause_is_quoted_with_its_number():
    shown = renderer("weather_cancellation", NoticeKind.ALERT).shown("en")

    for surface in (Surface.PAGE, Surface.FAQ_ANSWER, Surface.AGENT_SCRIPT):
        assert "move to next year at no cost. (Race rules, clause 7.2.)" in shown[surface]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Reply STOP to opt out https://x.example.com", "invites a reply"),
        ("Text CANCEL to end https://x.example.com", "invites a reply"),
        ("Please text back https://x.example.com", "invites a reply"),
        ("退订请回复TD https://x.example.com", "invites a reply"),
        ("发送“退订”即可 https://x.example.com", "invites a reply"),
        ("This is not a drill https://x.example.com", "says 'not a drill'"),
        ("This isn’t an exercise https://x.example.com", "says"),
        ("这不是演习 https://x.example.com", "says '不是演习'"),
        ("并非一次演练 https://x.example.com", "says"),
        ("No link", "has no link"),
        ("x" * 300 + " https://x.example.com", "takes 3 parts in GSM-7"),
        ("Łódź " * 40 + " https://x.example.com", "in UCS-2 because of Ł"),
    ],
)
def test_lint_says_what_is_wrong(text, wrong):
    assert any(said.startswith("sms: ") and wrong in said for said in lint({"sms": text}))


def test_lint_says_what_is_too_long_for_a_phone():
    assert ["push_title: has 66 characters; phones and lists show 65"] == lint(
        {"push_title": "x" * 66}
    )


@pytest.mark.parametrize(
    "text",
    [
        "Race CANCELLED. Stop at the next aid station. The start is at 10:00. https://x.example.com",
        "EXERCISE: race cancelled https://x.example.com",
        "比赛取消，请停止前往。恢复时间另行通知。 https://x.example.com",
        "This is a drill at the end of the course https://x.example.com",
        "Send your bag before the start, and text your friends https://x.example.com",
        "请到出发 N 区集合 https://x.example.com",
    ],
)
def test_lint_lets_ordinary_words_pass(text):
    assert [] == lint({"sms": text})
