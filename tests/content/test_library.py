"""What is wrong with a template is told before anything is sent: file, line, block, reason."""

from __future__ import annotations

import time

import pytest

from notify.content import Content, ContentError
from notify.content.samples import SAMPLE_INCIDENT, SAMPLE_RACE
from notify.domain.notice import NoticeKind
from tests.content.samples import TRIAL, a_library, freeze, template

EN = "trial/alert.en.j2"


def errors(content: Content) -> tuple[str, ...]:
    with pytest.raises(ContentError) as error:
        freeze(content)
    return error.value.errors


def test_a_missing_translation_is_an_error(tmp_path):
    content = a_library(tmp_path)
    (tmp_path / "trial/alert.zh-CN.j2").unlink()

    assert ("trial/alert.zh-CN.j2: there is no such template; add it",) == errors(content)


def test_a_missing_kind_names_every_language(tmp_path):
    content = a_library(tmp_path)
    book = TRIAL

    said = content.check(book)

    assert [
        "trial/holding.en.j2: there is no such template; add it",
        "trial/holding.zh-CN.j2: there is no such template; add it",
    ] == [problem for problem in said if "holding" in problem]


@pytest.mark.parametrize("block", ["sms", "push_title", "email_body", "page", "pa_script"])
def test_a_missing_block_is_an_error(tmp_path, block):
    said = errors(a_library(tmp_path, template(**{block: ""})))

    assert f"{EN}: has no block {block}; add it" in said
    assert f"trial/alert.zh-CN.j2: has no block {block}; add it" in said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{{ facts.desicion }}", "'facts.desicion' is not known; facts has decision, note"),
        ("{{ words.wat }}", "'words.wat' is not known"),
        ("{{ fact.note }}", "'fact' is not known; use facts"),
        ("{{ race.phone }}", "'race.phone' is not known; race has name"),
        ("{{ race.contact.fax }}", "has no 'fax'"),
        ("{{ policies.refunds.text }}", "has no 'refunds'"),
        ("{{ incident.url }}", "'incident.url' is not known"),
        ("{{ person.first_name }}", "uses 'person', but everybody sees this block"),
        ("{% if group == 'early' %}x{% endif %}", "uses 'group', but everybody sees this block"),
        ("{% if facts.decision == 'gone' %}x{% endif %}", "facts.decision is never 'gone'"),
        ("{% if facts.decision in ('go', 'no') %}x{% endif %}", "facts.decision is never 'no'"),
        ("{{ facts }}", "prints dict, not a text"),
        ("{{ facts.where }}", "prints tuple, not a text"),
        ("{{ facts.note|when }}", "cannot be said as `when`"),
        ("{{ facts.note|upper_case }}", "No filter named 'upper_case'"),
        ("{% if facts.note is odd %}x{% endif %}", "No test named 'odd'"),
        ("{% if facts.note %}", "nesting mistake"),
        ("{{ self.wat() }}", "there is no block 'wat' to show"),
        ("{{ super() }}", "there is no parent's block"),
        ("{{ self.banner() }}", "runs itself"),
        ("   ", "is empty; write it"),
        ("{% raw %}{{ name }}{% endraw %}", "shows '{{'"),
        ("None of it", "shows 'None'"),
    ],
)
def test_a_mistake_names_file_line_and_reason(tmp_path, written, said):
    source = "{# a line #}\n" + template(banner=f"\n{written}")

    found = errors(a_library(tmp_path, source))

    assert [error for error in found if error.startswith(EN) and said in error], found


def test_the_line_is_the_line_of_the_mistake(tmp_path):
    source = template() + "\n{% block more %}\nx\n{{ facts.typo }}{% endblock %}\n"
    source = source.replace("{% block banner %}words", "{% block banner %}{{ self.more() }}")
    line = source[: source.index("facts.typo")].count("\n") + 1

    (said, _) = errors(a_library(tmp_path, source))

    assert said.startswith(f"{EN}:{line}: block more: 'facts.typo' is not known")


def test_a_mistake_on_a_branch_not_taken_is_found_all_the_same(tmp_path):
    banner = "{% if facts.decision == 'stop' %}{{ facts.typo }}{% else %}words{% endif %}"

    assert "facts.typo" in errors(a_library(tmp_path, template(banner=banner)))[0]


def test_a_mistake_in_a_parent_names_the_parent(tmp_path):
    source = '{% extends "_base.j2" %}\n' + template(banner="{{ self.shared() }}")
    base = "\n\n{% block shared %}{{ facts.typo }}{% endblock %}"

    said = errors(a_library(tmp_path, source, **{"_base.j2": base}))

    assert said[0].startswith("_base.j2:3: block shared: 'facts.typo' is not known")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("{{ ''.__class__ }}", "cannot be read"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "can be called"),
        ("{{ facts.__class__ }}", "cannot be read"),
        ("{{ facts.items() }}", "can be called"),
        ("{{ facts['note'] }}", "not allowed"),
        ("{{ facts.note|attr('__class__') }}", "No filter named"),
        ("{{ self.__init__.__globals__ }}", "cannot be read"),
        ("{{ self._TemplateReference__context }}", "cannot be read"),
        ("{{ cycler.__init__.__globals__.os }}", "cannot be read"),
        ("{{ lipsum() }}", "can be called"),
        ("{{ range(10**9)|list }}", "can be called"),
        ("{% for x in range(10**9) %}x{% endfor %}", "not allowed"),
        ("{{ 'a' * 10**9 }}", "not allowed"),
        ("{{ 'a' ~ 'b' }}", "not allowed"),
        ("{{ '%09999999d'|format(1) }}", "No filter named"),
        ("{{ 'x'.ljust(10**9) }}", "can be called"),
        ("{% set x = 'a' %}", "not allowed"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "not allowed"),
        ("{% include 'trial/alert.en.j2' %}", "not allowed"),
        ("{% import 'trial/alert.en.j2' as x %}", "not allowed"),
        ("{% with x = 1 %}{% endwith %}", "not allowed"),
        ("{% filter upper %}x{% endfilter %}", "not allowed"),
        ("{{ _values }}", "not known"),
        ("{{ _words }}", "not known"),
        ("\ue000", "private-use"),
    ],
)
def test_a_payload_is_refused_quickly_and_by_name(tmp_path, payload, reason):
    content = a_library(tmp_path, template(banner=payload))
    begun = time.process_time()

    said = errors(content)

    assert time.process_time() - begun < 5
    assert any(EN in error and reason in error for error in said), said


def test_blocks_that_double_each_other_are_stopped(tmp_path):
    bomb = "".join(
        f"{{% block b{n} %}}{{{{ self.b{n + 1}() }}}}{{{{ self.b{n + 1}() }}}}{{% endblock %}}"
        for n in range(40)
    )
    source = template(banner="{{ self.b0() }}") + bomb + "{% block b40 %}x{% endblock %}"

    assert "more than 200 blocks" in errors(a_library(tmp_path, source))[0]


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ('{% extends "_none.j2" %}', "_none.j2: there is no such template"),
        ('{% extends "trial/alert.en.j2" %}', "extends itself"),
        ('{% extends "../../secret.j2" %}', "is outside"),
        ("{% extends facts.note %}", "must extend a quoted name"),
    ],
)
def test_what_cannot_be_extended_is_told(tmp_path, extends, said):
    found = errors(a_library(tmp_path / "messages", extends + template()))

    assert any(said in error for error in found), found


def test_files_that_are_not_text_are_told(tmp_path):
    content = a_library(tmp_path)
    (tmp_path / "trial/alert.en.j2").write_bytes(b"{# ok #}\n\xff")
    (tmp_path / "trial/alert.zh-CN.j2").write_bytes(b"a" * 70_000)

    said = errors(content)

    assert f"{EN}:2: is not UTF-8 text; save it as UTF-8" in said
    assert "trial/alert.zh-CN.j2: longer than 64 KiB; not a notice" in said


def test_check_lints_what_it_renders(tmp_path):
    sms = "Reply STOP to end. This is not a drill."
    content = a_library(tmp_path, template(sms=sms))

    said = [problem for problem in content.check(TRIAL) if problem.startswith(EN)]

    assert 3 == len(said)
    assert "invites a reply" in said[0]
    assert "drill" in said[1]
    assert "no link" in said[2]


def test_an_unknown_kind_has_no_wording(tmp_path):
    with pytest.raises(ContentError, match=r"trial/correction\.en\.j2"):
        a_library(tmp_path).freeze(
            TRIAL, NoticeKind.CORRECTION, SAMPLE_RACE, {}, SAMPLE_INCIDENT, drill=False
        )
