"""Messages to send, and the words in them that may appear in no error and no log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from notify.ports import Outgoing

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PHONE = "+12025550142"
TOKEN = "dKq7canarytoken:APA91bF0"
EMAIL = "canary.runner@example.com"
DELIVERY = "0192f0c1-2b6a-7c3d-8e9f-4a5b6c7d8e9f"
AUTH_TOKEN = "canary-auth-token-5a5a"
MAIL_PASSWORD = "canary mail/password@5a"
SECRETS = (PHONE[1:], "canary", "ya29.", "PRIVATE KEY", "Basic ", "Bearer ")

SMS = (
    "Lakeshore Marathon: the race is cancelled (wind). 湖滨马拉松取消。 Runner Canary, canary-bib 7"
)
TEXTS = {
    "sms": SMS,
    "push_title": "Race cancelled / 比赛取消 canary",
    "push_body": 'The "Lakeshore" race is cancelled.\nDo not travel. canary',
    "email_subject": "Lakeshore Marathon cancelled – 湖滨马拉松取消 canary",
    "email_text": "Dear Canary,\n.the race is cancelled.\n.\nDo not travel.\n",
    "email_html": "<p>Dear Canary, <b>湖滨马拉松取消</b></p>" * 20,
}


def now() -> datetime:
    """Return the time of the tests."""
    return NOW


def real_now() -> datetime:
    """Return the real time, for the one test whose counterpart lives in it: the token exchange."""
    return datetime.now(UTC)  # noqa: TID251


def outgoing(
    address: str,
    *,
    delivery: str = DELIVERY,
    attempt: int = 1,
    expires_at: datetime = NOW + timedelta(hours=2),
    link: str = "https://race.example.com/i/abc",
    **texts: str,
) -> Outgoing:
    """Return a message; ``texts`` replaces some of its texts."""
    return Outgoing(delivery, attempt, address, "zh-CN", TEXTS | texts, expires_at, link)
