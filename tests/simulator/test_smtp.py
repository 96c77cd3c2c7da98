from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

import aiosmtplib
import pytest

from tests.simulator.running import RunningSimulator, Start, mail, read_all


def talk(simulator: RunningSimulator, *commands: bytes) -> list[str]:
    """Send everything at once, half-close, and return all reply lines after the greeting."""
    with simulator.connect(simulator.smtp_port) as connection:
        connection.sendall(b"".join(command + b"\r\n" for command in (*commands, b"QUIT")))
        return read_all(connection).decode().splitlines()[1:]


def codes(lines: list[str]) -> list[str]:
    return [line[:3] for line in lines if line[3:4] == " "]


def test_smtplib_and_aiosmtplib_deliver_and_the_log_decodes(simulator: RunningSimulator):
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.send_message(mail("The race is cancelled. 比赛取消。"))
    asyncio.run(aiosmtplib.send(mail("Second."), hostname="127.0.0.1", port=simulator.smtp_port))

    first, second = simulator.log("email")
    assert ("<delivery-17@example.org>", "race@example.org") == (first["message_id"], first["from"])
    assert (["ada@example.com"], "Race cancelled") == (first["to"], first["subject"])
    assert "The race is cancelled. 比赛取消。\n" == first["text"]
    assert "<p>The race is cancelled. 比赛取消。</p>\n" == first["html"]
    assert ["MIME-Version", "1.0"] in first["headers"]
    assert "Second.\n" == second["text"]
    assert {"email": 2} == simulator.get("/_log?channel=email&summary=1")


def test_the_raw_mail_keeps_every_byte(simulator: RunningSimulator):
    body = b"Subject: x\r\n\r\n..two dots\r\n.one\r\nlatin \xe9\r\n"

    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.sendmail("a@example.com", ["b@example.com"], body)

    (entry,) = simulator.log("email", raw=1)
    assert body == entry["raw"].encode("utf-8", "surrogateescape")
    assert entry["message_id"] is None


def test_one_connection_carries_many_mails_pipelined_in_one_packet(simulator: RunningSimulator):
    one = (
        b"MAIL FROM:<a@example.com>",
        b"RCPT TO:<b@example.com>",
        b"DATA",
        b"Subject: x\r\n\r\n1\r\n.",
    )

    lines = talk(simulator, b"EHLO test", *one, *one)

    replies = ["250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert replies == codes(lines)
    assert {"250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8"} <= set(lines)
    assert 2 == len(simulator.log("email"))


def test_a_mail_may_arrive_byte_by_byte(simulator: RunningSimulator):
    session = b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n.\r\nQUIT\r\n"

    with simulator.connect(simulator.smtp_port) as connection:
        for byte in session:
            connection.sendall(bytes([byte]))
        replies = read_all(connection).decode().splitlines()

    assert ["220", "250", "250", "250", "354", "250", "221"] == codes(replies)
    assert ("", "") == (simulator.log("email")[0]["from"], simulator.log("email", raw=1)[0]["raw"])


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ([b"MAIL FROM:<a@example.com>"], "503"),
        ([b"EHLO x", b"RCPT TO:<b@example.com>"], "503"),
        ([b"EHLO x", b"MAIL FROM:<a@example.com>", b"DATA"], "503"),
        ([b"EHLO x", b"MAIL FROM:<a@example.com>", b"MAIL FROM:<a@example.com>"], "503"),
        ([b"EHLO x", b"MAIL FROM:a@example.com"], "501"),
        ([b"EHLO x", b"MAIL TO:<a@example.com>"], "501"),
        ([b"EHLO x", b"MAIL FROM:<\xff@example.com>"], "501"),
        ([b"EHLO x", b"MAIL FROM:<a@example.com> SIZE=99999999"], "552"),
        ([b"EHLO x", b"MAIL FROM:<a@example.com>", b"RCPT TO:<>"], "501"),
        ([b"EHLO x", b"AUTH CRAM-MD5"], "504"),
        ([b"EHLO x", b"AUTH PLAIN not-base64"], "535"),
        ([b"STARTTLS"], "500"),
        ([b"NOOPS"], "500"),
        ([b"x" * 5000], "500"),
        ([b"VRFY b@example.com"], "252"),
        ([b"NOOP"], "250"),
        ([b"RSET"], "250"),
    ],
)
def test_each_command_out_of_order_or_out_of_shape_gets_its_code(
    simulator: RunningSimulator, commands: list[bytes], expected: str
):
    replies = codes(talk(simulator, *commands))

    assert expected == replies[len(commands) - 1]


def test_more_than_a_hundred_recipients_are_too_many(simulator: RunningSimulator):
    recipients = [b"RCPT TO:<r%d@example.com>" % n for n in range(101)]

    replies = codes(talk(simulator, b"EHLO x", b"MAIL FROM:<a@example.com>", *recipients))

    assert ["250", "452", "221"] == replies[-3:]


def test_a_mail_larger_than_the_limit_is_refused_and_the_connection_closed(
    simulator: RunningSimulator,
):
    with simulator.connect(simulator.smtp_port) as connection:
        connection.sendall(
            b"HELO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
        )
        try:
            connection.sendall(b"x" * (10 * 1024 * 1024 + 1))
            replies = codes(read_all(connection).decode().splitlines())
        except ConnectionError:
            replies = ["552"]

    assert "552" == replies[-1]
    assert [] == simulator.log("email")


def test_credentials_are_checked_when_the_simulator_has_some(start_simulator: Start):
    simulator = start_simulator(smtp_username="race", smtp_password="right")
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.ehlo()
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.send_message(mail())
        client.rset()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("race", "wrong")
        client.login("race", "right")
        client.send_message(mail())

    assert 530 == refused.value.smtp_code
    assert 1 == len(simulator.log("email"))


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
@pytest.mark.parametrize("initial", [True, False])
def test_both_mechanisms_work_with_and_without_initial_response(
    start_simulator: Start, method: str, initial: bool
):
    simulator = start_simulator(smtp_username="race", smtp_password="right")
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.ehlo()
        client.user, client.password = "race", "right"
        mechanism = method.removeprefix("auth_").upper()

        code, _ = client.auth(mechanism, getattr(client, method), initial_response_ok=initial)

    assert 235 == code


def test_an_international_address_is_taken_with_smtputf8(simulator: RunningSimulator):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "race@example.org",
        "跑者@example.com",
        "大风",
    )
    message.set_content("取消")

    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.send_message(message)

    (entry,) = simulator.log("email")
    assert (["跑者@example.com"], "大风") == (entry["to"], entry["subject"])


def test_a_bare_newline_ends_neither_a_line_nor_a_mail(simulator: RunningSimulator):
    smuggled = b"Subject: x\r\n\r\ntext\n.\nMAIL FROM:<evil@example.com>\r\n."

    lines = talk(
        simulator,
        b"EHLO x",
        b"MAIL FROM:<a@example.com>",
        b"RCPT TO:<b@example.com>",
        b"DATA",
        smuggled,
    )

    assert ["250", "250", "250", "354", "250", "221"] == codes(lines)
    assert 1 == len(simulator.log("email"))


def test_an_unknown_charset_does_not_break_the_log(simulator: RunningSimulator):
    body = b'Content-Type: text/plain; charset="no-such"\r\n\r\n\xff\r\n'
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port) as client:
        client.sendmail("a@example.com", ["b@example.com"], body)

    (entry,) = simulator.log("email")

    assert entry["text"] is None
