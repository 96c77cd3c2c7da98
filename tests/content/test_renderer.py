"""Rendering: one path for preview and sending, the same bytes however a person is put in."""

from __future__ import annotations

import json
import re
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import mkdtemp

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notify.content import ContentError, PersonFields, Renderer, Wording
from notify.domain.delivery import Channel
from notify.domain.notice import Surface
from tests.content.samples import FACTS, a_library, a_renderer, freeze, template

ADA = PersonFields("Ada", "Example", "1024", "half", "B")

OPEN = {
    "sms": "Dear {{ person.first_name }}, bib {{ person.bib }} – see\n  {{ incident.page_url }}",
    "push_title": "{{ person.name }}: {{ words.decision }}",
    "push_body": "{{ person.course }}, wave {{ person.wave }} ({{ facts.note }})",
    "email_subject": "{{ person.last_name }}",
    "email_body": (
        "Dear **{{ person.name }}**,\n\n- *{{ person.bib }}*{{ person.course }}: {{ facts.note }}\n"
        "- [the map]({{ facts.map }}), <{{ incident.page_url }}>\n\n> {{ person.first_name }}"
    ),
}

# The same, but it decides by the person, so that it has to be rendered for each.
DECIDING = {name: "{% if person.bib != '' %}" + text + "{% endif %}" for name, text in OPEN.items()}

people = st.builds(
    PersonFields, *[st.text(max_size=90)] * 3, st.sampled_from(["half", ""]), st.text()
)

NASTY = PersonFields(
    "<script>alert(1)</script>",
    "**x** [y](javascript:z)",
    "\ue000\uf800{{ 7*7 }}",
    "half",
    "`a`\n# b",
)


@cache
def renderer(*, deciding: bool, drill: bool = False) -> Renderer:
    return a_renderer(Path(mkdtemp()), drill=drill, **(DECIDING if deciding else OPEN))


def sent(texts: Renderer, person: PersonFields, language: str = "en") -> dict[str, str]:
    return {
        name: text
        for channel in Channel
        for name, text in texts.sent(channel, language, "early", person).items()
    }


@settings(max_examples=60, deadline=None)
@example(person=NASTY, language="en")
@example(person=PersonFields(), language="zh-CN")
@given(person=people, language=st.sampled_from(["en", "zh-CN"]))
def test_open_fields_and_a_rendering_for_one_person_give_the_same_bytes(person, language):
    quick, slow = renderer(deciding=False), renderer(deciding=True)

    texts = sent(quick, person, language)

    assert texts == sent(slow, person, language)
    for channel in Channel:
        in_full = quick.sent_in_full(channel, language, "early", person)
        assert in_full == {name: texts[name] for name in in_full}


@settings(max_examples=60, deadline=None)
@example(NASTY)
@given(people)
def test_a_name_is_only_ever_text(person):
    texts = sent(renderer(deciding=False), person)
    harmless = sent(renderer(deciding=False), ADA)

    tags = re.compile(r"<[^>]*>")
    assert tags.findall(harmless["email_html"]) == tags.findall(texts["email_html"])
    assert all(
        name == "sms" or "\n" not in text for name, text in texts.items() if "email_" not in name
    )
    assert not re.search("[\ue000-\uf8ff\ud800-\udfff\u202a-\u202e]", "".join(texts.values()))


def test_values_cannot_become_markup():
    texts = sent(renderer(deciding=False), NASTY)

    assert "<script>alert(1)</script> **x**" in texts["email_text"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **x**" in texts["email_html"]
    assert "mind the *stars* &amp; &lt;tags&gt;" in texts["email_html"]
    assert "mind the *stars* & <tags>" in texts["email_text"]
    assert "javascript:z)" in unescape(texts["email_html"])
    assert 'href="javascript' not in texts["email_html"]


def test_the_second_wall_finds_nothing_left_to_clean():
    body = re.sub(
        r"(?s)^.*<body[^>]*>|</body>.*$", "", sent(renderer(deciding=False), NASTY)["email_html"]
    )

    assert "script" not in re.findall(
        r"<(\w+)", nh3.clean(body, attributes={"*": {"style", "class"}})
    )
    assert set(re.findall(r"<(\w+)", body)) <= {
        "div",
        "p",
        "strong",
        "em",
        "ul",
        "li",
        "a",
        "blockquote",
    }


def test_links_keep_their_meaning_inside_markdown():
    texts = sent(renderer(deciding=False), ADA)

    assert 'href="https://example.com/a_b%2Ac%28d%29?e=1&amp;f=2"' in texts["email_html"]
    assert "the map (https://example.com/a_b%2Ac%28d%29?e=1&f=2)" in texts["email_text"]


def test_an_sms_becomes_gsm7_unless_the_name_in_it_cannot():
    plain = renderer(deciding=False).sent(Channel.SMS, "en", "early", ADA)["sms"]
    other = renderer(deciding=False).sent(Channel.SMS, "en", "early", PersonFields("Łukasz"))["sms"]

    assert "Dear Ada, bib 1024 - see https://notices.example.com/i/k7m2p9x" == plain
    assert "Dear Łukasz, bib not assigned yet – see https://" in other


@pytest.mark.parametrize(
    ("person", "language", "name"),
    [
        (PersonFields("Ada", "Example"), "en", "Ada Example"),
        (PersonFields("磊", "李"), "zh-CN", "李磊"),
        (PersonFields("磊", "李"), "en", "李磊"),
        (PersonFields("", ""), "en", "runner"),
        (PersonFields(" ", "\n"), "zh-CN", "跑友"),
        (PersonFields("A\n b\u202e", "C"), "en", "A b C"),
    ],
)
def test_a_person_always_has_a_name(person, language, name):
    title = renderer(deciding=False).sent(Channel.PUSH, language, "early", person)["push_title"]

    assert title.startswith(f"{name}: ")


def test_courses_and_facts_are_said_in_the_readers_language(tmp_path):
    body = "{{ person.course }}|{{ words.decision }}|{{ words.where }}|{{ facts.at|when }}"
    texts = a_renderer(tmp_path, push_body=body)

    said = {
        language: texts.sent(Channel.PUSH, language, "late", ADA)["push_body"]
        for language in ("en", "zh-CN")
    }

    assert "Half Marathon|Go|Lakefront Trail and River Road|Sat 5 Dec, 18:00" == said["en"]
    assert "半程马拉松|开跑|湖滨步道和河滨路|12月5日（周六）18:00" == said["zh-CN"]


@pytest.mark.parametrize(
    ("ids", "en", "zh"),
    [
        (("half",), "Half Marathon", "半程马拉松"),
        (("marathon", "half"), "Marathon and Half Marathon", "马拉松和半程马拉松"),
        (("marathon", "half", "X"), "Marathon, Half Marathon and X", "马拉松、半程马拉松和X"),
    ],
)
def test_lists_read_like_sentences(tmp_path, ids, en, zh):
    content = a_library(tmp_path, template(banner="{{ facts.where|names }}"))
    texts = Renderer(freeze(content, where=ids))

    assert (en, zh) == tuple(texts.shown_on(Surface.BANNER, tag) for tag in ("en", "zh-CN"))


def test_a_day_a_clock_and_a_spoken_time(tmp_path):
    banner = "{{ facts.at|day }}|{{ facts.at|clock }}|{{ facts.at|spoken }}"
    texts = a_renderer(tmp_path, banner=banner)

    assert "Sat 5 Dec|18:00|Saturday 5 December at 18:00" == texts.shown_on(Surface.BANNER, "en")
    assert "12月5日（周六）|18:00|12月5日星期六，18点整" == texts.shown_on(Surface.BANNER, "zh-CN")


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("en", "en"), ("en-GB", "en"), ("zh", "zh-CN"), ("zh-TW", "zh-CN"), ("fr", "en"), ("", "en")],
)
def test_a_reader_gets_the_nearest_language_or_the_races_own(wanted, got):
    assert got == renderer(deciding=False).language_for(wanted)


def test_groups_are_worded_apart(tmp_path):
    sms = "{% if group == 'early' %}first{% else %}second{% endif %} {{ incident.page_url }}"
    texts = a_renderer(tmp_path, sms=sms)

    assert texts.sent(Channel.SMS, "en", "early", ADA)["sms"].startswith("first")
    assert texts.sent(Channel.SMS, "en", "late", ADA)["sms"].startswith("second")
    with pytest.raises(ContentError, match="no group 'other'"):
        texts.sent(Channel.SMS, "en", "other", ADA)


def test_the_fields_a_surface_uses_are_known():
    texts = renderer(deciding=False)

    assert {"first_name", "bib"} == texts.person_fields_in(Surface.SMS, "en", "early")
    assert {"first_name", "last_name"} == texts.person_fields_in(Surface.PUSH_TITLE, "en", "late")
    assert frozenset() == texts.person_fields_in(Surface.BANNER, "zh-CN", "late")


def test_a_wording_survives_json_and_renders_to_the_same_bytes(tmp_path):
    wording = freeze(a_library(tmp_path, template(**OPEN)))

    again = Wording.from_json(wording.to_json())

    assert (wording, wording.hash) == (again, again.hash)
    assert sent(Renderer(wording), NASTY) == sent(Renderer(again), NASTY)
    assert Renderer(wording).shown("en") == Renderer(again).shown("en")
    assert wording.to_json() == again.to_json()


def test_the_hash_is_of_everything_a_text_is_made_of(tmp_path):
    wording = freeze(a_library(tmp_path))
    plain = json.loads(wording.to_json())

    for name, value in plain.items():
        other = {**plain, name: "alert2" if name == "playbook" else _other(value)}
        assert wording.hash != Wording.from_json(json.dumps(other)).hash, name


def _other(value):
    match value:
        case bool():
            return not value
        case str():
            return "update"
        case list():
            return [*value, "x"]
        case _:
            return {**value, "x": "y"}


def test_editing_a_template_later_changes_nothing_already_frozen(tmp_path):
    wording = freeze(a_library(tmp_path, template(banner="before")))
    a_library(tmp_path, template(banner="after"))

    assert "before" == Renderer(wording).shown_on(Surface.BANNER, "en")


def test_a_drill_says_so_on_every_surface():
    drilled = renderer(deciding=False, drill=True)

    for language, word in (("en", "EXERCISE"), ("zh-CN", "演练")):
        texts = sent(drilled, ADA, language)
        texts |= {str(name): text for name, text in drilled.shown(language).items()}
        assert set(texts) > set(Surface) - {Surface.EMAIL_BODY}
        for name, text in texts.items():
            visible = re.sub(r"(?s)<style.*?</style>|<title></title>|<[^>]+>", "", text)
            assert visible.lstrip("【 \n").startswith(word), name


def test_a_drill_differs_from_the_real_thing_in_nothing_else():
    real, drilled = renderer(deciding=False), renderer(deciding=False, drill=True)

    for name in ("sms", "push_title", "email_subject"):
        assert f"EXERCISE: {sent(real, ADA)[name]}" == sent(drilled, ADA)[name]


def test_an_sms_longer_than_a_phone_company_takes_is_refused(tmp_path):
    with pytest.raises(ContentError, match="has 1801 characters; an SMS takes 1600"):
        a_renderer(tmp_path, sms="x" * 1801)


def test_a_value_inside_a_links_address_is_refused(tmp_path):
    page = "[call](tel:{{ race.contact.phone }})"

    with pytest.raises(ContentError, match=r"block page: .* inside a link"):
        a_renderer(tmp_path, page=page)


def test_long_surfaces_are_markdown(tmp_path):
    lists = "- a\n- b\n\n<b>raw</b> <{{ incident.page_url }}>\n\n---\n\n1. x"
    page = f"## Now\n\nFirst,\nsecond.\n\n{lists}"
    texts = a_renderer(tmp_path, page=page, faq_answer=page)

    assert (
        "<h2>Now</h2>\n<p>First,\nsecond.</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"
        '<p>&lt;b&gt;raw&lt;/b&gt; <a href="https://notices.example.com/i/k7m2p9x" '
        'rel="noopener noreferrer">https://notices.example.com/i/k7m2p9x</a></p>\n'
        "<hr>\n<ol>\n<li>x</li>\n</ol>"
    ) == texts.shown_on(Surface.PAGE, "en")
    assert (
        "Now\n\nFirst, second.\n\n- a\n- b\n\n<b>raw</b> https://notices.example.com/i/k7m2p9x"
        "\n\n--\n\n1. x"
    ) == texts.shown_on(Surface.FAQ_ANSWER, "en")


def test_chinese_lines_join_without_a_space_but_links_keep_theirs(tmp_path):
    banner = "请勿前往。\n请看：{{ incident.page_url }}\n谢谢。"
    texts = a_renderer(tmp_path, banner=banner, faq_answer="请勿\n前往。")

    said = texts.shown_on(Surface.BANNER, "zh-CN")

    assert "请勿前往。请看：https://notices.example.com/i/k7m2p9x 谢谢。" == said
    assert "请勿前往。" == texts.shown_on(Surface.FAQ_ANSWER, "zh-CN")


def test_a_phrase_of_a_parent_can_be_replaced_and_extended(tmp_path):
    source = '{% extends "_base.j2" %}{% block who %}{{ super() }}!{% endblock %}' + template(
        banner="{{ self.line() }}"
    )
    base = "{% block line %}Dear {{ self.who() }}{% endblock %}{% block who %}all{% endblock %}"
    texts = Renderer(freeze(a_library(tmp_path, source, **{"_base.j2": base})))

    assert "Dear all!" == texts.shown_on(Surface.BANNER, "en")


def test_facts_that_were_left_out_are_empty_not_undefined(tmp_path):
    banner = "{% if facts.note %}{{ facts.note }}{% else %}no note{% endif %}{{ words.at }}"
    content = a_library(tmp_path, template(banner=banner))

    texts = Renderer(freeze(content, note="", at=""))

    assert FACTS["note"]
    assert "no note" == texts.shown_on(Surface.BANNER, "en")


def test_the_fallback_is_only_taken_where_a_template_decides_by_the_person():
    quick, slow = renderer(deciding=False), renderer(deciding=True)
    for texts in (quick, slow):
        texts.sent(Channel.PUSH, "en", "early", ADA)

    assert None not in quick._forms[Channel.PUSH, "en", "early"].values()
    assert {None} == set(slow._forms[Channel.PUSH, "en", "early"].values())
