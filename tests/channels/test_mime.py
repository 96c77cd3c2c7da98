"""The letter's bytes, read back by the standard library and compared with its own letters."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify.channels.smtp_email.mime import Skeleton, ascii_address

FROM = "Lakeshore Marathon <race@example.com>"
HEADERS = [("To", "<runner@example.com>"), ("Message-ID", "<d1@example.com>")]
printable = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029")
)
bodies = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=900
) | st.lists(st.sampled_from([".", "..", "=", " ", "a " * 60, "湖滨", "\t", "--=_x", "é"])).map(
    "\n".join
)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> list[str]:
    """Return a body's lines; what ends them, and an empty last one, is the transport's matter."""
    part = message.get_body((kind,))
    assert part is not None
    return lines(part.get_content())


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def library_letter(subject: str, text: str, html: str) -> EmailMessage:
    """Return the same letter as the standard library would write it."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["Subject"] = FROM, subject
    for name, value in HEADERS:
        message[name] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return read(message.as_bytes())


@settings(deadline=None)  # a busy machine is no failure
@given(subject=printable, text=bodies, html=bodies.filter(bool))
def test_a_letter_reads_as_the_librarys_own_letter(subject, text, html):
    ours = read(Skeleton(FROM).fill(HEADERS, subject, text, html))
    theirs = library_letter(subject, text, html)

    assert [] == ours.defects
    assert theirs.get_content_type() == ours.get_content_type()
    assert body(theirs, "plain") == body(ours, "plain")
    assert body(theirs, "html") == body(ours, "html")
    for name in ("From", "To", "Message-ID"):
        assert str(theirs[name]) == str(ours[name])


@settings(deadline=None)  # a busy machine is no failure
@given(subject=printable)
def test_a_subject_comes_back_as_it_was(subject):
    letter = read(Skeleton(FROM).fill(HEADERS, subject, "", ""))

    assert subject == str(letter["Subject"])


@settings(deadline=None)  # a busy machine is no failure
@given(subject=printable, text=bodies, html=bodies)
def test_no_line_is_too_long_or_ends_in_less_than_crlf(subject, text, html):
    raw = Skeleton(FROM).fill(HEADERS, subject, text, html)

    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@settings(deadline=None)  # a busy machine is no failure
@given(
    name=st.sampled_from(["To", "Message-ID", "Content-Language", "List-Unsubscribe"]),
    value=st.text(),
)
def test_a_header_value_never_becomes_a_header(name, value):
    try:
        raw = Skeleton(FROM).fill([(name, value)], "s", "t", "")
    except ValueError:
        return

    assert value.isprintable()
    assert ["From", "MIME-Version", "Auto-Submitted", "Content-Type", name, "Subject"] == list(
        read(raw).keys()
    )


def test_without_html_there_is_no_html_part():
    letter = read(Skeleton(FROM).fill(HEADERS, "s", "text", ""))

    assert letter.get_body(("html",)) is None
    assert ["text"] == body(letter, "plain")


@pytest.mark.parametrize("subject", ["a\nb", "a\rb", "a\x00b", "a\x7fb"])
def test_a_subject_with_a_control_character_is_refused(subject):
    with pytest.raises(ValueError, match="control"):
        Skeleton(FROM).fill(HEADERS, subject, "t", "")


@pytest.mark.parametrize(
    "sender", ["", "Lakeshore", "a@b@c", "A\r\nBcc: b@c.example <a@b.example>"]
)
def test_a_sender_that_is_no_address_is_refused(sender):
    with pytest.raises(ValueError, match=r"address|control"):
        Skeleton(sender)


def test_a_domain_in_another_script_is_written_in_ascii():
    assert "runner@xn--fsq.example" == ascii_address("runner@例.example")
