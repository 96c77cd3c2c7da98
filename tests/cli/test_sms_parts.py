"""`notify sms-parts`: one JSON line out per line in, or the line that is wrong."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import refused


def parts(notify, *texts):
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    result = notify("sms-parts", stdin=lines)
    assert (0, "") == (result.exit_code, result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_there_is_a_line_out_for_every_line_in(notify):
    answers = parts(notify, "Race cancelled", "比赛取消", "", "a" * 161, "€" * 80, "é漢")

    assert ["GSM-7", "UCS-2", "GSM-7", "GSM-7", "GSM-7", "UCS-2"] == [
        a["encoding"] for a in answers
    ]
    assert [14, 4, 0, 161, 160, 2] == [answer["units"] for answer in answers]
    assert [1, 1] == [answer["segments"] for answer in answers[:2]]
    assert [2, 1, 1] == [answer["segments"] for answer in answers[3:]]
    assert ["漢"] == answers[5]["offending"]
    assert all(set(answer) == {"encoding", "segments", "units", "offending"} for answer in answers)


def test_other_fields_are_ignored_and_a_file_may_be_named(notify, tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text('{"id": 7, "text": "x"}\n', encoding="utf-8")

    result = notify("sms-parts", str(path))

    assert (0, 1) == (result.exit_code, json.loads(result.stdout)["units"])


def test_the_mark_that_windows_puts_first_is_no_part_of_it(notify):
    result = notify("sms-parts", stdin=b'\xef\xbb\xbf{"text": "x"}\r\n')

    assert (0, 1) == (result.exit_code, json.loads(result.stdout)["units"])


def test_nothing_in_is_nothing_out(notify):
    result = notify("sms-parts", stdin="")

    assert (0, "", "") == (result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 1: is not JSON"),
        ('{"text": 7}', "line 1: is not an object with a text"),
        ('["text"]', "line 1: is not an object with a text"),
        ('{"body": "x"}', "line 1: is not an object with a text"),
        ("[" * 100_000, "line 1: is not JSON"),
        ('{"text": "\\ud83d"}', "line 1: has half a character"),
    ],
)
def test_a_line_that_cannot_be_counted_is_named(notify, line, said):
    refused(notify("sms-parts", stdin=line), 2, said)


def test_the_wrong_line_is_counted_and_those_before_it_are_answered(notify):
    result = notify("sms-parts", stdin='{"text": "a"}\n\n{"text": "b"}\noops\n')

    assert 2 == result.exit_code
    assert 2 == len(result.stdout.splitlines())
    assert "notify: line 4: is not JSON" in result.stderr


def test_bytes_that_are_not_utf_8_are_named(notify):
    refused(notify("sms-parts", stdin=b'{"text": "\xff"}'), 2, "line 1: is not UTF-8")


def test_a_file_that_is_not_there_is_a_usage_error(notify):
    refused(notify("sms-parts", "/nowhere/texts.jsonl"), 2, "/nowhere/texts.jsonl")
