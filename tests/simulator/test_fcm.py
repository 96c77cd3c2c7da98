from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import googleapiclient
import jwt
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from notify.simulator import fcm_fields
from notify.simulator.oauth import ServiceAccount
from tests.simulator.conftest import SCOPE
from tests.simulator.running import RunningSimulator, Start

SEND = "/v1/projects/race/messages:send"
DISCOVERY = Path(googleapiclient.__file__).parent / "discovery_cache/documents/fcm.v1.json"
FORMATS = {"google-duration": fcm_fields.DURATION, "google-datetime": fcm_fields.TIMESTAMP}
FULL = {
    "token": "fcm-11-000000-abc",
    "notification": {
        "title": "比赛取消",
        "body": "Do not travel.",
        "image": "https://example.com/i",
    },
    "data": {"incident": "17"},
    "android": {
        "priority": "HIGH",
        "ttl": "3600s",
        "collapse_key": "d17",  # the field's original name is taken as well
        "notification": {"tag": "d17", "vibrateTimings": ["0.5s"], "notificationCount": 2},
    },
    "apns": {
        "headers": {"apns-collapse-id": "d17"},
        "payload": {"aps": {"sound": "default", "badge": 1}},
    },
    "webpush": {"headers": {"TTL": "60"}, "notification": {"actions": []}},
    "fcmOptions": {"analyticsLabel": "race"},
}


def send(simulator: RunningSimulator, bearer: dict[str, str], message: Any, **more: Any) -> Any:
    body = {"message": message, **more}
    return simulator.session.post(simulator.url(SEND), json=body, headers=bearer, timeout=10)


def assertion(simulator: RunningSimulator, **changes: Any) -> str:
    info, now = simulator.get("/_service_account"), int(time.time())
    claims = {
        "iss": info["client_email"],
        "aud": info["token_uri"],
        "iat": now,
        "exp": now + 3600,
        "scope": SCOPE,
    }
    key = changes.pop("key", info["private_key"])
    return jwt.encode({**claims, **changes}, key, algorithm="RS256")


def exchange(simulator: RunningSimulator, signed: str) -> Any:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
    return simulator.session.post(simulator.url("/token"), data=form, timeout=10)


def described(schemas: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Translate a schema of the discovery document into our table's notation."""
    if "$ref" in schema:
        properties = schemas[schema["$ref"]].get("properties", {})
        return {name: described(schemas, member) for name, member in properties.items()}
    if schema["type"] == "object":
        text = schema["additionalProperties"]["type"] == "string"
        return fcm_fields.MAP if text else fcm_fields.STRUCT
    if schema["type"] == "array":
        duration = schema["items"].get("format") == "google-duration"
        return fcm_fields.DURATIONS if duration else fcm_fields.STRINGS
    if "enum" in schema:
        return tuple(schema["enum"])
    scalars = {
        "boolean": fcm_fields.BOOLEAN,
        "integer": fcm_fields.INT32,
        "number": fcm_fields.FLOAT,
    }
    return scalars.get(schema["type"]) or FORMATS.get(schema.get("format", ""), fcm_fields.STRING)


def test_the_field_table_is_googles_discovery_document():
    schemas = json.loads(DISCOVERY.read_text("utf-8"))["schemas"]

    published = described(schemas, {"$ref": "SendMessageRequest"})

    assert published == fcm_fields.REQUEST


def test_google_auth_gets_a_token_and_a_full_message_is_accepted(
    simulator: RunningSimulator, bearer: dict[str, str]
):
    answer = send(simulator, bearer, FULL)

    (entry,) = simulator.log("push")
    assert 200 == answer.status_code
    assert answer.json()["name"].startswith("projects/race/messages/0:")
    assert answer.json() == {"name": entry["name"]}
    assert ("push", "fcm-11-000000-abc") == (entry["channel"], entry["token"])
    assert {"message": FULL} == entry["request"]


def test_a_written_credentials_file_works_and_its_key_outlives_a_restart(
    start_simulator: Start, tmp_path: Path
):
    path = tmp_path / "secrets" / "account.json"
    start_simulator(service_account_file=path)
    key = json.loads(path.read_text())["private_key"]

    later = start_simulator(service_account_file=path)
    credentials: Any = service_account.Credentials
    signed_in = credentials.from_service_account_file(str(path), scopes=[SCOPE])
    signed_in.refresh(Request(later.session))

    assert signed_in.token.startswith("ya29.")
    assert key == json.loads(path.read_text())["private_key"]
    assert later.url("/token") == json.loads(path.read_text())["token_uri"]
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_public_base_is_where_the_credentials_file_points(start_simulator: Start):
    simulator = start_simulator(public_base="http://127.0.0.1:1")

    assert "http://127.0.0.1:1/token" == simulator.account.document(simulator.base)["token_uri"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}, "invalid_grant"),
        ({"exp": int(time.time()) + 90_000}, "invalid_grant"),
        ({"iat": "yesterday"}, "invalid_grant"),
        ({"iss": "somebody@example.com"}, "invalid_grant"),
        ({"aud": "https://example.com/elsewhere"}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
    ],
)
def test_a_wrong_assertion_is_denied(
    simulator: RunningSimulator, changes: dict[str, Any], error: str
):
    answer = exchange(simulator, assertion(simulator, **changes))

    assert (400, error) == (answer.status_code, answer.json()["error"])


def test_a_foreign_key_and_nonsense_are_denied(simulator: RunningSimulator):
    stranger = ServiceAccount("stranger").document("http://example.com")["private_key"]

    foreign = exchange(simulator, assertion(simulator, key=stranger))
    nonsense = exchange(simulator, "not.a.jwt")
    other = simulator.session.post(simulator.url("/token"), data={"grant_type": "x"}, timeout=10)

    assert ["invalid_grant", "invalid_grant", "unsupported_grant_type"] == [
        answer.json()["error"] for answer in (foreign, nonsense, other)
    ]


def test_a_fault_on_the_token_endpoint_reaches_google_auth(simulator: RunningSimulator):
    simulator.set_faults(
        {
            "match": {"channel": "push", "operation": "token"},
            "effect": {"kind": "error", "status": 400, "code": "invalid_grant"},
        }
    )
    credentials: Any = service_account.Credentials
    info = simulator.get("/_service_account")
    signed_in = credentials.from_service_account_info(info, scopes=[SCOPE])

    with pytest.raises(RefreshError):
        signed_in.refresh(Request(simulator.session))


def test_a_missing_or_expired_token_is_unauthenticated(start_simulator: Start):
    clock = {"now": time.time()}
    simulator = start_simulator(now=lambda: clock["now"])
    token = exchange(simulator, assertion(simulator)).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answers = [send(simulator, {}, FULL), send(simulator, bearer, FULL)]

    clock["now"] += 3601
    answers.append(send(simulator, bearer, FULL))

    assert [401, 200, 401] == [answer.status_code for answer in answers]
    assert "UNAUTHENTICATED" == answers[2].json()["error"]["status"]


@pytest.mark.parametrize(
    ("message", "field", "sentence"),
    [
        ({"token": "t", "data": {"n": 17}}, "message.data[0].value", "(TYPE_STRING), 17"),
        ({"token": 5}, "message.token", "(TYPE_STRING), 5"),
        ({"token": "t", "priority": "high"}, "message", 'Unknown name "priority"'),
        (
            {"token": "t", "notification": {"data": {}}},
            "message.notification",
            "Unknown name \"data\" at 'message.notification': Cannot find field.",
        ),
        ({"token": "t", "android": {"ttl": "1h"}}, "message.android.ttl", "Duration"),
        ({"token": "t", "android": {"priority": "high"}}, "message.android.priority", "TYPE_ENUM"),
        ({"token": "t", "apns": {"payload": "x"}}, "message.apns.payload", "struct"),
        ({"notification": {}}, "message.token", "Recipient of the message is not set."),
        ({"token": "t", "topic": "all"}, "message", "oneof field 'target' is already set"),
        ({"topic": "no spaces"}, "message.topic", "Invalid topic name"),
        ({"token": "t", "data": {"from": "x"}}, "message.data[from]", "Invalid data payload key"),
        ({"token": "t", "data": {"x": "y" * 4100}}, "message", "Message is too big"),
        (None, "message", "missing"),
        ("text", "message", "Invalid value"),
    ],
)
def test_a_bad_message_is_an_invalid_argument_with_its_field(
    simulator: RunningSimulator, bearer: dict[str, str], message: Any, field: str, sentence: str
):
    answer = send(simulator, bearer, message)

    error = answer.json()["error"]
    bad_request = next(d for d in error["details"] if d["@type"] == fcm_bad_request())
    assert (400, 400, "INVALID_ARGUMENT") == (answer.status_code, error["code"], error["status"])
    assert field == bad_request["fieldViolations"][0]["field"]
    assert sentence in bad_request["fieldViolations"][0]["description"]
    assert sentence in error["message"]


def fcm_bad_request() -> str:
    return "type.googleapis.com/google.rpc.BadRequest"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"[" * 60_000, b"\xff\xfe", b'{"message": {"token": NaN1}}']
)
def test_a_body_that_is_not_a_json_object_is_refused(
    simulator: RunningSimulator, bearer: dict[str, str], body: bytes
):
    answer = simulator.session.post(simulator.url(SEND), data=body, headers=bearer, timeout=10)

    assert (400, "INVALID_ARGUMENT") == (answer.status_code, answer.json()["error"]["status"])


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("unregistered-1", (404, "NOT_FOUND", "UNREGISTERED", None)),
        ("mismatch-1", (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", None)),
        ("quota-1", (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "60")),
        ("unavailable-1", (503, "UNAVAILABLE", "UNAVAILABLE", "5")),
        ("internal-1", (500, "INTERNAL", "INTERNAL", None)),
        ("invalid-1", (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", None)),
    ],
)
def test_the_first_part_of_a_token_steers_the_answer(
    simulator: RunningSimulator, bearer: dict[str, str], token: str, expected: tuple[Any, ...]
):
    answer = send(simulator, bearer, {"token": token})

    error = answer.json()["error"]
    code, retry_after = error["details"][0]["errorCode"], answer.headers.get("Retry-After")
    assert expected == (answer.status_code, error["status"], code, retry_after)
    assert [] == simulator.log("push")


def test_validate_only_is_answered_and_not_accepted(
    simulator: RunningSimulator, bearer: dict[str, str]
):
    answer = send(simulator, bearer, {"token": "t"}, validateOnly=True)

    assert {"name": "projects/race/messages/fake_message_id"} == answer.json()
    assert [] == simulator.log("push")


@pytest.mark.parametrize(
    ("path", "status"), [(SEND, 405), ("/token", 405), ("/v1/projects/x", 404)]
)
def test_only_what_google_serves_is_served(simulator: RunningSimulator, path: str, status: int):
    assert status == simulator.session.get(simulator.url(path), timeout=10).status_code


def test_a_lost_token_exchange_is_a_closed_connection(simulator: RunningSimulator):
    match = {"channel": "push", "operation": "token"}
    simulator.set_faults({"match": match, "effect": {"kind": "close_before_accept"}})

    with pytest.raises(requests.ConnectionError):
        exchange(simulator, assertion(simulator))


@pytest.mark.parametrize(
    ("message", "fine"),
    [
        ({"android": {"notification": {"notificationCount": "3"}}}, True),
        ({"android": {"notification": {"notificationCount": 2.5}}}, False),
        ({"android": {"notification": {"notificationCount": "many"}}}, False),
        ({"android": {"notification": {"notificationCount": True}}}, False),
        ({"android": {"notification": {"eventTime": "2026-11-21T06:00:00Z"}}}, True),
        ({"android": {"notification": {"eventTime": "tomorrow"}}}, False),
        ({"android": {"notification": {"titleLocArgs": "one"}}}, True),
        ({"android": {"notification": {"titleLocArgs": ["one", 2]}}}, False),
        ({"android": {"notification": {"lightSettings": {"color": {"red": 0.5}}}}}, True),
        ({"android": {"directBootOk": "yes"}}, False),
        ({"android": None, "data": None}, True),
        ({"data": "text"}, False),
        ({"androidV2": {"backgroundSync": {}}}, True),
        ({"androidV2": {"backgroundSync": {"x": 1}}}, False),
    ],
)
def test_scalars_follow_the_json_form_of_protocol_buffers(message: dict[str, Any], fine: bool):
    assert fine == (fcm_fields.violations({"message": message}) == [])


def test_only_the_configured_project_is_served(start_simulator: Start):
    simulator = start_simulator(fcm_project_id="other")
    token = exchange(simulator, assertion(simulator)).json()["access_token"]

    answer = send(simulator, {"Authorization": f"Bearer {token}"}, {"token": "t"})

    assert (403, "PERMISSION_DENIED") == (answer.status_code, answer.json()["error"]["status"])


def test_an_encoded_colon_and_newlines_in_the_body_change_nothing(
    simulator: RunningSimulator, bearer: dict[str, str]
):
    body = json.dumps({"message": {"topic": "all"}}, indent=2)
    url = simulator.url(SEND.replace(":", "%3A"))

    answer = simulator.session.post(url, data=body, headers=bearer, timeout=10)

    assert 200 == answer.status_code
    assert {"topic": "all"} == simulator.log("push")[0]["request"]["message"]
