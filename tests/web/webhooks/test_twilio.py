"""Twilio's callbacks: only what Twilio signed for a delivery of ours changes anything."""

from __future__ import annotations

from itertools import permutations

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from notify.domain.delivery import Channel, DeliveryStatus
from notify.store.deliveries import DeliveryRow, ReceiptRow
from notify.store.races import SuppressionRow
from tests.installation import PUBLIC_URL, TWILIO_TOKEN
from tests.rows import Incident, add_delivery, add_incident
from tests.web.each_database import ON_EACH_DATABASE

S = DeliveryStatus
SENDER = "+8613123450001"
FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "STOP")


def _signed(url: str, form: dict[str, str], token: str = TWILIO_TOKEN) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, form)}


def _form(status: str, sid: str = "SM1", **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "MessageStatus": status, "SmsStatus": status} | more


def _post(client, url: str, form: dict[str, str], **options):
    headers = options.pop("headers", None)
    headers = _signed(url, form) if headers is None else headers
    path = url.removeprefix(PUBLIC_URL)
    return client.post(path, data=form, headers=headers, **options)


@pytest.fixture
def delivery(services) -> int:
    return add_delivery(services.database, add_incident(services.database))


def _url(services, delivery: int, incident: str = "ab2cd3e"):
    return services.links.receipt(f"{incident}-{delivery}", 1)


def _status(services, delivery: int):
    with services.database.read() as connection:
        query = select(DeliveryRow.status).where(DeliveryRow.id == delivery)
        return connection.execute(query).scalar_one()


def _count(services, table):
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _metric(client, name: str):
    lines = client.get("/metrics").text.splitlines()
    return next((line.split()[-1] for line in lines if line.startswith(name)), "")


@ON_EACH_DATABASE
def test_every_order_of_callbacks_ends_delivered(services, visitor):
    ends = {}
    for number, order in enumerate(permutations(("queued", "sent", "undelivered", "delivered"))):
        incident = Incident(id=f"code{number}")
        row = add_delivery(services.database, add_incident(services.database, incident))
        answers = {
            _post(
                visitor, _url(services, row, incident.id), _form(status, f"SM{number}")
            ).status_code
            for status in order
        }
        ends[order] = (_status(services, row), answers)

    assert dict.fromkeys(ends, (S.DELIVERED, {204})) == ends


def test_a_callback_is_taken_without_a_session_or_a_form_token(services, visitor, delivery):
    answer = _post(visitor, _url(services, delivery), _form("delivered"))

    assert (204, b"") == (answer.status_code, answer.data)
    assert S.DELIVERED == _status(services, delivery)
    assert "Set-Cookie" not in answer.headers


def test_every_parameter_is_signed_also_one_we_do_not_know(services, visitor, delivery):
    form = _form("delivered", NewParameter="x", Empty="")

    assert 204 == _post(visitor, _url(services, delivery), form).status_code


def test_a_replayed_callback_changes_nothing_and_is_counted(services, visitor, delivery):
    for _ in range(3):
        _post(visitor, _url(services, delivery), _form("sent"))

    assert S.SENT == _status(services, delivery)
    assert 1 == _count(services, ReceiptRow)
    assert "2.0" == _metric(visitor, 'notify_receipts_total{outcome="repeated"}')


def test_a_forged_callback_is_refused_and_counted(services, visitor, delivery):
    url, form = _url(services, delivery), _form("delivered")
    genuine = _signed(url, form)
    forgeries = [
        ({}, form),
        ({"X-Twilio-Signature": ""}, form),
        ({"X-Twilio-Signature": "AAAA"}, form),
        (_signed(url, form, "another token"), form),
        (_signed(f"{url}x", form), form),
        (genuine, form | {"MessageStatus": "failed"}),
        (genuine, form | {"Extra": "1"}),
    ]

    answers = [_post(visitor, url, each, headers=headers) for headers, each in forgeries]

    assert [403] * len(forgeries) == [answer.status_code for answer in answers]
    assert S.SENDING == _status(services, delivery)
    assert 0 == _count(services, ReceiptRow)
    label = 'notify_webhook_refused_total{reason="signature",webhook="status"}'
    assert str(float(len(forgeries))) == _metric(visitor, label)


def test_a_signature_for_one_delivery_does_not_serve_another(services, visitor, delivery):
    form = _form("delivered")
    signature = _signed(_url(services, delivery + 1), form)

    answer = _post(visitor, _url(services, delivery), form, headers=signature)

    assert 403 == answer.status_code


@pytest.mark.parametrize("token", ["x", "ab2cd3e-1.1", "ab2cd3e-1.1.forged", "%00", "a" * 3000])
def test_an_address_we_did_not_make_is_refused(visitor, token):
    url = f"{PUBLIC_URL}/webhooks/twilio/status/{token}"

    answer = _post(visitor, url, _form("delivered"))

    assert 403 == answer.status_code
    assert "1.0" == _metric(
        visitor, 'notify_webhook_refused_total{reason="token",webhook="status"}'
    )


def test_a_body_that_is_too_large_is_refused_before_it_is_read(services, visitor, delivery):
    url, form = _url(services, delivery), _form("delivered", Body="x" * 17_000)

    answer = _post(visitor, url, form)

    assert 413 == answer.status_code
    assert S.SENDING == _status(services, delivery)


def test_a_receipt_for_a_delivery_that_is_gone_is_counted(services, visitor):
    answer = _post(visitor, _url(services, 12345), _form("delivered"))

    assert 204 == answer.status_code
    assert "1.0" == _metric(visitor, 'notify_receipts_total{outcome="unknown"}')


def test_a_status_we_do_not_know_is_taken_and_counted(services, visitor, delivery):
    answer = _post(visitor, _url(services, delivery), _form("teleported"))

    assert 204 == answer.status_code
    assert S.SENDING == _status(services, delivery)


def test_callbacks_are_refused_when_there_is_no_twilio(services, visitor, delivery, app):
    object.__setattr__(services.settings, "twilio", None)

    answer = _post(visitor, _url(services, delivery), _form("delivered"))

    assert 403 == answer.status_code


def test_a_refusal_says_nothing_of_what_was_sent(services, visitor, delivery):
    answer = _post(visitor, _url(services, delivery), _form("sent", To=SENDER), headers={})

    assert SENDER not in answer.text


def _reply(client, text: str, sid: str = "SM9", **more: str):
    form = {"MessageSid": sid, "From": SENDER, "To": "+12025550100", "Body": text} | more
    return _post(client, f"{PUBLIC_URL}/webhooks/twilio/inbound", form)


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop! ", "UNSUBSCRIBE", "退订", FULL_WIDTH])
def test_a_reply_that_opts_out_stops_sms_to_that_number_only(services, visitor, word):
    answer = _reply(visitor, word)

    assert 200 == answer.status_code
    assert "<Response/>" in answer.text
    with services.database.read() as connection:
        rows = connection.execute(select(SuppressionRow.channel, SuppressionRow.address)).all()
    assert [(Channel.SMS, SENDER)] == rows


@ON_EACH_DATABASE
def test_start_takes_the_opt_out_back(services, visitor):
    _reply(visitor, "STOP", "SM1")
    _reply(visitor, "START", "SM2")

    assert 0 == _count(services, SuppressionRow)


def test_an_old_start_that_comes_again_does_not_undo_a_newer_stop(services, visitor):
    _reply(visitor, "START", "SM1")
    _reply(visitor, "STOP", "SM2")

    _reply(visitor, "START", "SM1")

    assert 1 == _count(services, SuppressionRow)


def test_a_question_opts_nobody_out(services, visitor):
    for number, text in enumerate(["please do not cancel", "when does it stop raining?", "", "🙂"]):
        _reply(visitor, text, f"SM{number}")

    assert 0 == _count(services, SuppressionRow)


def test_twilios_own_word_for_an_opt_out_counts(services, visitor):
    _reply(visitor, "arrêt", OptOutType="STOP")

    assert 1 == _count(services, SuppressionRow)


def test_a_forged_reply_opts_nobody_out(services, visitor):
    form = {"MessageSid": "SM1", "From": SENDER, "Body": "STOP"}

    answer = _post(visitor, f"{PUBLIC_URL}/webhooks/twilio/inbound", form, headers={})

    assert 403 == answer.status_code
    assert 0 == _count(services, SuppressionRow)
