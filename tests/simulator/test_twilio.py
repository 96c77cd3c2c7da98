from __future__ import annotations

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.base.version import Version
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from notify.simulator import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN
from tests.simulator.running import AUTH, FROM, MESSAGES, SERVICE, TO, RunningSimulator, Start

PLUS = TO.replace("+", "%2B")


class Redirected(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's own client with another host."""

    def __init__(self, base: str) -> None:
        super().__init__(pool_connections=False)
        self._base = base

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        url = url.replace("https://api.twilio.com", self._base)
        return super().request(method, url, *args, **options)


def sdk(simulator: RunningSimulator, token: str = DEFAULT_AUTH_TOKEN) -> Any:
    return Client(DEFAULT_ACCOUNT_SID, token, http_client=Redirected(simulator.base))


class Asked(dict[str, Any]):
    """A payload that remembers which members the SDK looks for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return default


def test_the_sdk_creates_fetches_and_lists_a_message(simulator: RunningSimulator):
    client = sdk(simulator)

    created = client.messages.create(
        to=TO, from_=FROM, body="大风：比赛取消 {x}", validity_period=600
    )
    fetched = client.messages(created.sid).fetch()
    listed = client.messages.list(to=TO)

    assert ("queued", "1", TO, FROM) == (
        created.status,
        created.num_segments,
        created.to,
        created.from_,
    )
    assert created.date_created is not None
    assert ("delivered", "大风：比赛取消 {x}") == (fetched.status, fetched.body)
    assert [created.sid] == [message.sid for message in listed]


def test_a_message_resource_has_exactly_the_members_the_sdk_was_generated_with(
    simulator: RunningSimulator,
):
    expected = Asked()
    MessageInstance(Version("domain", "2010-04-01"), expected, DEFAULT_ACCOUNT_SID)

    resource = simulator.sms().json()

    assert expected.names == resource.keys()
    assert resource["sid"][:2] == "SM"
    assert len(resource["sid"]) == 34
    assert (None, None, "USD", "0") == (
        resource["date_sent"],
        resource["price"],
        resource["price_unit"],
        resource["num_media"],
    )


def test_a_messaging_service_assigns_sender_and_parts_later(start_simulator: Start):
    simulator = start_simulator(receipt_delay_s=0.0)

    created = simulator.sms(From=None, MessagingServiceSid=SERVICE).json()
    fetched = simulator.get(MESSAGES.replace(".json", f"/{created['sid']}.json"), auth=AUTH)

    assert ("accepted", None, "0") == (created["status"], created["from"], created["num_segments"])
    assert ("+12025550199", "1") == (fetched["from"], fetched["num_segments"])


def test_the_status_follows_from_the_age_of_the_message(start_simulator: Start):
    clock = {"now": 1_800_000_000.0}
    simulator = start_simulator(receipt_delay_s=10.0, receipts=False, now=lambda: clock["now"])
    path = MESSAGES.replace(".json", f"/{simulator.sms().json()['sid']}.json")
    seen = []

    for seconds in (0, 10, 20):
        clock["now"] = 1_800_000_000.0 + seconds
        resource = simulator.get(path, auth=AUTH)
        seen.append((resource["status"], resource["date_sent"]))

    sent = "Fri, 15 Jan 2027 08:00:10 +0000"
    assert [("queued", None), ("sent", sent), ("delivered", sent)] == seen


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": None}, 400, 21604),
        ({"From": None}, 400, 21603),
        ({"Body": ""}, 400, 21602),
        ({"To": "2025550123"}, 400, 21211),
        ({"To": "+1 202 555 0123"}, 400, 21211),
        ({"From": "not a number!"}, 400, 21212),
        ({"From": TO}, 400, 21266),
        ({"MessagingServiceSid": "MGshort"}, 400, 21705),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"ValidityPeriod": "0"}, 400, 90014),
        ({"ValidityPeriod": "soon"}, 400, 90014),
        ({"ValidityPeriod": "36001"}, 400, 90007),
        ({"StatusCallback": "ftp://example.com/"}, 400, 21609),
        ({"StatusCallback": "/relative"}, 400, 21609),
    ],
)
def test_a_bad_form_gets_the_documented_code(
    simulator: RunningSimulator, form: dict[str, str], status: int, code: int
):
    fields: dict[str, Any] = {"to": TO, "body": "text"}
    fields |= {{"To": "to", "Body": "body"}.get(name, name): form[name] for name in form}

    answer = simulator.sms(**fields)

    document = answer.json()
    assert (status, code, status) == (answer.status_code, document["code"], document["status"])
    assert f"https://www.twilio.com/docs/errors/{code}" == document["more_info"]
    assert {"sms": 0} == simulator.get("/_log?channel=sms&summary=1")


def test_wrong_credentials_and_a_foreign_account_are_refused(simulator: RunningSimulator):
    with pytest.raises(TwilioRestException) as refused:
        sdk(simulator, token="wrong").messages.create(to=TO, from_=FROM, body="text")
    foreign = MESSAGES.replace(DEFAULT_ACCOUNT_SID, "AC" + "6b" * 16)
    missing = simulator.session.get(simulator.url(foreign), auth=AUTH, timeout=10)

    assert (401, 20003) == (refused.value.status, refused.value.code)
    assert (404, 20404) == (missing.status_code, missing.json()["code"])


def test_an_unencoded_plus_in_the_query_finds_nothing(simulator: RunningSimulator):
    simulator.sms()

    encoded = simulator.get(f"{MESSAGES}?To={PLUS}", auth=AUTH)
    plain = simulator.session.get(f"{simulator.base}{MESSAGES}?To={TO}", auth=AUTH, timeout=10)

    assert 1 == len(encoded["messages"])
    assert [] == plain.json()["messages"]


def test_a_list_is_paged_newest_first(simulator: RunningSimulator):
    sids = [simulator.sms(body=f"message {n}").json()["sid"] for n in range(5)]
    simulator.sms(to="+12025550124")
    client = sdk(simulator)

    listed = [message.sid for message in client.messages.list(to=TO, page_size=2)]
    first = simulator.get(f"{MESSAGES}?To={PLUS}&PageSize=2", auth=AUTH)
    last = simulator.get(f"{MESSAGES}?To={PLUS}&PageSize=2&Page=2", auth=AUTH)

    assert sids[::-1] == listed
    assert (0, 2, 0, 1) == (first["page"], first["page_size"], first["start"], first["end"])
    assert first["previous_page_uri"] is None
    assert "PageToken=PASM" in first["next_page_uri"]
    assert [sids[0]] == [message["sid"] for message in last["messages"]]
    assert last["next_page_uri"] is None


def test_a_date_filter_goes_by_whole_days_of_sending(start_simulator: Start):
    simulator = start_simulator(now=lambda: 1_800_000_000.0)  # 15 January 2027
    simulator.sms()

    def found(condition: str) -> int:
        return len(simulator.get(f"{MESSAGES}?{condition}", auth=AUTH)["messages"])

    assert [1, 0, 1, 1] == [
        found("DateSent=2027-01-15"),
        found("DateSent=2027-01-14"),
        found("DateSent%3E=2027-01-15"),
        found("DateSent%3C=2027-01-15"),
    ]


def test_a_queued_message_is_not_found_by_its_date(start_simulator: Start):
    simulator = start_simulator(receipt_delay_s=600.0)
    simulator.sms()

    found = simulator.get(f"{MESSAGES}?DateSent%3E=2000-01-01", auth=AUTH)

    assert [] == found["messages"]


@pytest.mark.parametrize("query", ["PageSize=x", "PageSize=0", "DateSent=soon", "PageToken=PAnone"])
def test_a_bad_list_query_is_refused(simulator: RunningSimulator, query: str):
    answer = simulator.session.get(simulator.url(f"{MESSAGES}?{query}"), auth=AUTH, timeout=10)

    assert (400, 20001) == (answer.status_code, answer.json()["code"])


def test_the_log_has_what_was_accepted(simulator: RunningSimulator):
    sid = simulator.sms(body='"quoted" \\ 取消\n100%', ValidityPeriod="60").json()["sid"]

    (entry,) = simulator.log("sms")

    assert isinstance(entry.pop("at"), float)
    assert {
        "channel": "sms",
        "sid": sid,
        "to": TO,
        "from": FROM,
        "messaging_service_sid": None,
        "body": '"quoted" \\ 取消\n100%',
        "status_callback": None,
        "validity_period": 60,
    } == entry


@pytest.mark.parametrize("body", [b"To=%FF%FE&Body=x", b"\xff=1"])
def test_a_form_that_is_not_utf_8_is_refused(simulator: RunningSimulator, body: bytes):
    answer = simulator.session.post(simulator.url(MESSAGES), data=body, auth=AUTH, timeout=10)

    assert (400, 20001) == (answer.status_code, answer.json()["code"])


def test_a_content_template_stands_in_for_a_body(simulator: RunningSimulator):
    answer = simulator.sms(body=None, ContentSid="HX" + "5a" * 16)

    assert (201, f"[content template {'HX' + '5a' * 16}]") == (
        answer.status_code,
        answer.json()["body"],
    )


@pytest.mark.parametrize("sid", ["SM" + "0" * 32, "SMshort", "MM" + "z" * 32])
def test_an_unknown_sid_is_not_found(simulator: RunningSimulator, sid: str):
    url = simulator.url(MESSAGES.replace(".json", f"/{sid}.json"))

    answer = simulator.session.get(url, auth=AUTH, timeout=10)

    assert (404, 20404) == (answer.status_code, answer.json()["code"])


def test_a_stray_percent_sign_stays_what_it_is(simulator: RunningSimulator):
    form = f"To={PLUS}&From={FROM.replace('+', '%2B')}&Body=100%+off%zz%5C".encode()

    answer = simulator.session.post(simulator.url(MESSAGES), data=form, auth=AUTH, timeout=10)

    assert "100% off%zz\\" == answer.json()["body"]
