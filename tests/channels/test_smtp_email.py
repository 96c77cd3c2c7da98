"""The e-mail channel: what each reply and each loss means, kept connections, TLS, the letter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from notify.channels.smtp_email import MAILS_PER_CONNECTION, SmtpEmail
from notify.channels.smtp_email.connection import MailServer
from notify.ports import ChannelError, Rejected, Throttled, Unavailable, Uncertain
from tests.channels.certificates import certified
from tests.channels.messages import DELIVERY, EMAIL, TEXTS, now, outgoing
from tests.channels.scripted import CLOSE, ScriptedSmtp, mail_server

PIPELINED = {"EHLO": "250-mail.example.com\r\n250 PIPELINING"}


def email(script: ScriptedSmtp, sender: str = "race@example.com", **options) -> SmtpEmail:
    return SmtpEmail(f"smtp://127.0.0.1:{script.port}", sender, now=now, **options)


async def failure(sending: Awaitable[object]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await sending
    return caught.value


def refused(offers: dict[str, str], replies: dict[str, str]) -> ChannelError:
    """Return the error of a mail to a server with these replies; the next mail must pass."""

    async def scenario() -> ChannelError:
        async with mail_server(offers | replies) as script:
            channel = email(script)
            error = await failure(channel.send(outgoing(EMAIL)))
            script.replies = dict(offers)
            await channel.send(outgoing(EMAIL, delivery="next"))
            await channel.close()
            assert b"<next@example.com>" in script.letters[-1]
            return error

    return asyncio.run(scenario())


@pytest.mark.parametrize("offers", [{}, PIPELINED], ids=["plain", "pipelining"])
@pytest.mark.parametrize(
    ("replies", "kind", "code"),
    [
        ({"MAIL": "451 4.3.0 Later"}, Throttled, "451 4.3.0"),
        ({"RCPT": "450 4.7.1 Grey-listed"}, Throttled, "450 4.7.1"),
        ({"DATA": "452 4.3.1 Full"}, Throttled, "452 4.3.1"),
        ({".": "451 4.3.0 Later"}, Throttled, "451 4.3.0"),
        ({"MAIL": "421 4.3.2 Closing"}, Unavailable, "421 4.3.2"),
        ({".": "421 4.3.2 Closing"}, Unavailable, "421 4.3.2"),
        ({"RCPT": "550 5.7.1 Not from you"}, Rejected, "550 5.7.1"),
        ({"DATA": "554 5.5.1 No"}, Rejected, "554 5.5.1"),
        ({".": "552 5.3.4 Too big"}, Rejected, "552 5.3.4"),
        ({"MAIL": "552 5.3.4 Too big"}, Rejected, "552 5.3.4"),
    ],
)
def test_a_refusal_says_what_to_do(offers, replies, kind, code):
    error = refused(offers, replies)

    assert (kind, code) == (type(error), error.code)
    assert not getattr(error, "address_dead", False)
    assert not isinstance(error, Throttled) or error.retry_after >= 60


@pytest.mark.parametrize("offers", [{}, PIPELINED], ids=["plain", "pipelining"])
@pytest.mark.parametrize(
    "reply", ["550 5.1.1 No such user", "553 No", "550-No\r\n550 No", "550 5.2.1 Closed"]
)
def test_an_unknown_mailbox_is_a_dead_address(offers, reply):
    error = refused(offers, {"RCPT": reply})

    assert isinstance(error, Rejected)
    assert error.address_dead


@pytest.mark.parametrize("reply", ["530 5.7.0 Sign in", "550 5.7.1 Not this sender"])
def test_a_refused_sender_stops_the_channel_and_not_the_row(reply):
    error = refused({}, {"MAIL": reply})

    assert isinstance(error, Unavailable)
    assert error.credentials


@pytest.mark.parametrize("offers", [{}, PIPELINED], ids=["plain", "pipelining"])
@pytest.mark.parametrize("word", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_final_dot_is_certainly_not_sent(offers, word):
    error = refused(offers, {word: CLOSE})

    assert (Unavailable, "connection_lost") == (type(error), error.code)


@pytest.mark.parametrize("offers", [{}, PIPELINED], ids=["plain", "pipelining"])
def test_a_connection_lost_after_the_final_dot_is_uncertain(offers):
    error = refused(offers, {".": CLOSE})

    assert (Uncertain, "connection_lost") == (type(error), error.code)


def test_a_reply_that_is_not_smtp_drops_the_connection():
    error = refused({}, {"MAIL": "HTTP/1.1 400 Bad Request"})

    assert (Unavailable, "connection_lost") == (type(error), error.code)


@pytest.mark.parametrize("reply", ["554 Go away", CLOSE])
def test_a_server_that_does_not_greet_us_is_unavailable(reply):
    error = refused({}, {"EHLO": reply, "HELO": reply})

    assert isinstance(error, Unavailable)
    assert not error.credentials


def test_data_opened_for_nobody_is_ended_with_nothing():
    async def scenario() -> ScriptedSmtp:
        async with mail_server(PIPELINED | {"RCPT": "550 5.1.1 No"}) as script:
            channel = email(script)
            await failure(channel.send(outgoing(EMAIL)))
            await channel.close()
            return script

    script = asyncio.run(scenario())

    assert [b""] == script.letters
    assert "RSET" in script.commands


def test_connections_are_kept():
    async def scenario() -> int:
        async with mail_server({}) as script:
            channel = email(script)
            for number in range(20):
                await channel.send(outgoing(EMAIL, delivery=f"d{number}"))
            await channel.close()
            return script.connections

    assert 1 == asyncio.run(scenario())


def test_a_connection_is_replaced_after_its_share_of_mails():
    async def scenario() -> int:
        async with mail_server(PIPELINED) as script:
            channel = email(script)
            for number in range(MAILS_PER_CONNECTION + 1):
                await channel.send(outgoing(EMAIL, delivery=f"d{number}"))
            await channel.close()
            return script.connections

    assert 2 == asyncio.run(scenario())


def test_no_more_connections_than_the_channel_may_have():
    async def scenario() -> int:
        async with mail_server({}) as script:
            channel = email(script, concurrency=3)
            await asyncio.gather(
                *(channel.send(outgoing(EMAIL, delivery=f"d{number}")) for number in range(30))
            )
            await channel.close()
            return script.connections

    assert 3 == asyncio.run(scenario())


def stale(spoil: Callable[[SmtpEmail, ScriptedSmtp], Awaitable[None]]) -> ScriptedSmtp:
    """Send, spoil the idle connection, send again: the second mail must pass, too."""

    async def scenario() -> ScriptedSmtp:
        async with mail_server({}) as script:
            channel = email(script)
            await channel.send(outgoing(EMAIL))
            await spoil(channel, script)
            await channel.send(outgoing(EMAIL))
            await channel.close()
            return script

    return asyncio.run(scenario())


def test_a_connection_the_server_closed_is_replaced_before_a_mail_is_tried_on_it():
    async def spoil(channel: SmtpEmail, script: ScriptedSmtp) -> None:
        script.writers[0].close()
        while channel._idle[0].usable:
            await asyncio.sleep(0.001)

    script = stale(spoil)

    assert (2, 2) == (script.connections, len(script.letters))


def test_a_good_bye_on_an_idle_connection_is_heard():
    async def spoil(channel: SmtpEmail, script: ScriptedSmtp) -> None:
        script.writers[0].write(b"421 4.4.2 Idle for too long\r\n")
        while channel._idle[0].usable:
            await asyncio.sleep(0.001)

    script = stale(spoil)

    assert (2, 2) == (script.connections, len(script.letters))


@pytest.mark.parametrize(("noop", "connections"), [("250 OK", 1), (CLOSE, 2), ("421 Bye", 2)])
def test_a_long_idle_connection_is_asked_first(noop, connections):
    async def spoil(channel: SmtpEmail, script: ScriptedSmtp) -> None:
        script.replies["NOOP"] = noop
        channel._idle[0].idle_since -= 3600

    script = stale(spoil)

    assert (connections, 2) == (script.connections, len(script.letters))
    assert 1 == script.commands.count("NOOP")


@pytest.mark.parametrize("from_start", [True, False], ids=["smtps", "starttls"])
@pytest.mark.parametrize("trusted", [True, False])
def test_tls_is_used_and_certificates_are_verified(from_start, trusted, tmp_path):
    server, client = certified(tmp_path)
    replies = {
        "EHLO": "250-mail.example.com\r\n250-STARTTLS\r\n250 AUTH PLAIN",
        "AUTH": "235 OK",
        "STARTTLS": "220 Go",
    }

    async def scenario() -> ChannelError | None:
        async with mail_server(replies, tls=server, from_start=from_start) as script:
            channel = SmtpEmail(
                f"{'smtps' if from_start else 'smtp'}://me:pass@127.0.0.1:{script.port}",
                "race@example.com",
                now=now,
                tls_context=client if trusted else None,
            )
            try:
                await channel.send(outgoing(EMAIL))
                await channel.send(outgoing(EMAIL))
                assert 2 == len(script.letters)
            except ChannelError as error:
                assert not [line for line in script.commands if line.startswith("AUTH")]
                return error
            finally:
                await channel.close()
            return None

    error = asyncio.run(scenario())

    assert trusted == (error is None)
    assert error is None or (Unavailable, "tls") == (type(error), error.code)


def test_a_server_without_auth_is_a_matter_of_credentials():
    async def scenario() -> ChannelError:
        async with mail_server({}) as script:
            channel = SmtpEmail(f"smtp://me:p@127.0.0.1:{script.port}", "r@example.com", now=now)
            return await failure(channel.send(outgoing(EMAIL)))

    error = asyncio.run(scenario())

    assert isinstance(error, Unavailable)
    assert (True, "sign_in_not_offered") == (error.credentials, error.code)


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("smtp://me:p@mail.example.com:587", True),
        ("smtp://mail.example.com", None),
        ("smtp://localhost", False),
        ("smtp://me:p@127.0.0.1", None),
        ("smtps://me:p@mail.example.com", False),
    ],
)
def test_a_password_never_crosses_a_network_in_the_clear(url, start_tls):
    assert start_tls == MailServer.from_url(url).start_tls


def test_the_url_is_read_with_its_escapes():
    server = MailServer.from_url("smtps://us%40er:p%2Fa%3As@mail.example.com")

    assert ("mail.example.com", 465, True) == (server.host, server.port, server.tls)
    assert ("us@er", "p/a:s") == (server.username, server.password)
    assert "p/a:s" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "http://mail.example.com", "smtp://", "smtp://a:secret@h:99999", "smtp://[secret"]
)
def test_a_url_that_is_none_is_refused_without_quoting_it(url):
    with pytest.raises(ValueError, match=r"smtp\[s\]") as caught:
        MailServer.from_url(url)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["a b@example.com", "a@b@example.com", "<a@example.com", "a\r\nDATA@x.com", "ü@x.de"]
)
def test_an_address_that_cannot_be_mailed_is_dead(address):
    channel = SmtpEmail("smtp://127.0.0.1:1", "race@example.com", now=now)

    error = asyncio.run(failure(channel.send(outgoing(address))))

    assert isinstance(error, Rejected)
    assert error.address_dead


@pytest.mark.parametrize("texts", [{"email_subject": "Hi\r\nBcc: x@example.com"}])
def test_a_header_that_breaks_out_of_its_line_is_refused(texts):
    channel = SmtpEmail("smtp://127.0.0.1:1", "race@example.com", now=now)

    error = asyncio.run(failure(channel.send(outgoing(EMAIL, **texts))))

    assert (Rejected, "bad_header") == (type(error), error.code)


def test_the_letter_says_who_it_is_from_and_how_to_be_left_alone():
    async def scenario() -> ScriptedSmtp:
        async with mail_server({}) as script:
            channel = email(
                script,
                "Lakeshore 马拉松 <race@example.com>",
                unsubscribe_url=lambda delivery: f"https://race.example.com/u/{delivery}",
            )
            await channel.send(outgoing("runner@bücher.example"))
            await channel.close()
            return script

    script = asyncio.run(scenario())
    raw = script.letters[0].replace(b"\r\n..", b"\r\n.")
    letter = message_from_bytes(raw, policy=policy.default)
    assert isinstance(letter, EmailMessage)

    assert "RCPT TO:<runner@xn--bcher-kva.example>" in script.commands
    assert {
        "From": "Lakeshore 马拉松 <race@example.com>",
        "To": "runner@xn--bcher-kva.example",
        "Subject": TEXTS["email_subject"],
        "Date": "Sat, 21 Nov 2026 09:30:00 +0000",
        "Message-ID": f"<{DELIVERY}@example.com>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "zh-CN",
        "List-Unsubscribe": f"<https://race.example.com/u/{DELIVERY}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    } == {name: str(value) for name, value in letter.items() if name != "Content-Type"}
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert TEXTS["email_text"] == plain.get_content().replace("\r\n", "\n")
    assert TEXTS["email_html"] == html.get_content()
