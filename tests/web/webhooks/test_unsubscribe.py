"""One click takes an address off e-mail, and off nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from notify.domain.delivery import Channel
from notify.store.incidents import AuditRow
from notify.store.races import SuppressionRow
from tests.installation import PUBLIC_URL
from tests.rows import Incident, add_delivery, add_incident

ADDRESS = "runner@example.org"


@pytest.fixture
def path(services):
    """Give the path of the link in an e-mail that was sent to ``ADDRESS``."""
    notice = add_incident(services.database)
    delivery = add_delivery(services.database, notice, Channel.EMAIL, address=ADDRESS)
    return services.links.unsubscribe(f"ab2cd3e-{delivery}").removeprefix(PUBLIC_URL)


def _suppressed(services) -> list[tuple[str, str, str]]:
    with services.database.read() as connection:
        query = select(SuppressionRow.channel, SuppressionRow.address, SuppressionRow.reason)
        return [tuple(row) for row in connection.execute(query)]


def test_one_click_of_a_mailbox_needs_no_cookie(services, visitor, path):
    answer = visitor.post(path, data={"List-Unsubscribe": "One-Click"})

    assert 200 == answer.status_code
    assert [("email", ADDRESS, "opted_out")] == _suppressed(services)


def test_following_the_link_only_asks(services, visitor, path):
    answer = visitor.get(path)

    assert 200 == answer.status_code
    assert '<form method="post">' in answer.text
    assert "Safety messages by SMS and in the app are not affected" in answer.text
    assert [] == _suppressed(services)


def test_a_second_click_changes_nothing(services, visitor, path):
    for _ in range(2):
        assert 200 == visitor.post(path).status_code

    assert 1 == len(_suppressed(services))


def test_neither_page_nor_audit_names_the_address(services, visitor, path):
    answer = visitor.post(path)

    with services.database.read() as connection:
        deeds = connection.execute(select(AuditRow.actor, AuditRow.action, AuditRow.detail)).all()
    assert ADDRESS not in answer.text + path
    assert [("recipient", "email.opted_out", {})] == deeds


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_we_did_not_sign_changes_nothing(services, visitor, path, method):
    answer = getattr(visitor, method)(f"{path[:-3]}xyz")

    assert 404 == answer.status_code
    assert [] == _suppressed(services)


def test_a_link_for_an_sms_is_no_link_for_e_mail(services, visitor, path):
    notice = add_incident(services.database, Incident(id="other23"))
    delivery = add_delivery(services.database, notice, Channel.SMS)

    link = services.links.unsubscribe(f"other23-{delivery}").removeprefix(PUBLIC_URL)

    assert 404 == visitor.post(link).status_code
