"""Receipts fold into a delivery's status whatever their order, their number and their moment."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select, update

from notify.domain.delivery import Channel, DeliveryStatus
from notify.ports import Receipt
from notify.store.deliveries import DeliveryRow, ReceiptRow
from notify.store.outcomes import Outcome, record
from notify.usecases.receive import BAD_NEWS, Received, receive, statuses_before
from notify.usecases.services import Services
from tests.installation import NOW, installed
from tests.rows import Incident, add_delivery, add_incident, add_race

S = DeliveryStatus
STORY = (S.ACCEPTED, S.SENT, S.DELIVERED)


@pytest.fixture
def services(migrated_url, tmp_path):
    services = installed(migrated_url, tmp_path)
    add_race(services.database)
    yield services
    services.database.engine.dispose()


@pytest.fixture
def delivery(services) -> int:
    """Give a delivery that is being sent."""
    return add_delivery(services.database, add_incident(services.database))


def _end_of(order: tuple[S, ...], number: int, services: Services) -> tuple[str, str | None]:
    """Send receipts in ``order`` for a delivery of its own; return what it ends as."""
    incident = Incident(id=f"code{number}")
    delivery = add_delivery(services.database, add_incident(services.database, incident))
    for status in order:
        code = "30005" if status in BAD_NEWS else None
        key = f"{incident.id}-{delivery}"
        sid = f"SM-{number}"
        receive(
            _receipt(delivery, status, sid=sid, error_code=code, delivery=key), services=services
        )
    row = _row(services, delivery)
    return row.status, row.error_code


def _receipt(
    row_id: int, status: DeliveryStatus = S.DELIVERED, *, sid: str = "SM1", **fields
) -> Receipt:
    named: dict[str, Any] = {
        "channel": Channel.SMS,
        "delivery": f"ab2cd3e-{row_id}",
        "attempt": 1,
    }
    return Receipt(provider_id=sid, status=status, event=f"{sid}:{status}", **(named | fields))


def _row(services: Services, delivery: int):
    with services.database.read() as connection:
        query = select(DeliveryRow.__table__).where(DeliveryRow.id == delivery)
        return connection.execute(query).one()


def _receipts(services: Services) -> int:
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(ReceiptRow)).scalar_one()


def _set(services: Services, delivery: int, **values) -> None:
    with services.database.write() as connection:
        connection.execute(update(DeliveryRow).where(DeliveryRow.id == delivery).values(**values))


def test_every_order_of_receipts_ends_delivered(services):
    orders = list(permutations((*STORY, S.UNDELIVERED)))
    ends = {order: _end_of(order, number, services) for number, order in enumerate(orders)}

    assert dict.fromkeys(orders, (S.DELIVERED, None)) == ends
    assert 4 * len(orders) == _receipts(services)


def test_every_order_of_receipts_ends_failed(services):
    orders = list(permutations((S.ACCEPTED, S.SENT, S.FAILED)))
    ends = {order: _end_of(order, number, services) for number, order in enumerate(orders)}

    assert dict.fromkeys(orders, (S.FAILED, "30005")) == ends


def test_a_repeated_receipt_changes_nothing(services, delivery):
    first = receive(_receipt(delivery), services=services)
    before = _row(services, delivery)
    services.now.advance(minutes=5)

    again = receive(_receipt(delivery), services=services)

    assert Received(known=True, new=True, folded=True) == first
    assert Received(known=True, new=False, folded=False) == again
    assert before == _row(services, delivery)
    assert 1 == _receipts(services)


def test_a_receipt_before_our_own_outcome_is_folded_and_the_outcome_changes_nothing(
    services, delivery
):
    receive(_receipt(delivery, S.SENT), services=services)

    with services.database.write() as connection:
        outcome = Outcome(delivery, 1, S.ACCEPTED, provider_id="SM1")
        recorded = record(connection, [outcome], at=NOW)

    row = _row(services, delivery)
    assert 0 == recorded
    assert (S.SENT, "SM1", None) == (row.status, row.provider_id, row.claim_id)
    assert row.accepted_at == NOW


def test_an_outcome_keeps_its_provider_id_and_time_when_the_receipt_comes(services, delivery):
    with services.database.write() as connection:
        record(connection, [Outcome(delivery, 1, S.ACCEPTED, provider_id="SM1")], at=NOW)
    services.now.advance(seconds=30)

    receive(_receipt(delivery, sid="SM2"), services=services)

    row = _row(services, delivery)
    assert (S.DELIVERED, "SM1", NOW) == (row.status, row.provider_id, row.accepted_at)
    assert services.now() == row.changed_at


@pytest.mark.parametrize("before", [S.PLANNED, S.AMBIGUOUS, S.CANCELLED, S.EXPIRED])
def test_a_receipt_proves_that_the_message_left(services, delivery, before):
    _set(services, delivery, status=before)

    receive(_receipt(delivery, S.SENT), services=services)

    row = _row(services, delivery)
    assert S.SENT == row.status


def test_bad_news_of_an_earlier_attempt_says_nothing_of_the_newer_one(services, delivery):
    _set(services, delivery, status=S.SENDING, attempt=2, fence=2)

    late = receive(_receipt(delivery, S.FAILED, attempt=1), services=services)
    now = receive(_receipt(delivery, S.FAILED, sid="SM2", attempt=2), services=services)

    assert (False, True) == (late.folded, now.folded)


def test_good_news_of_an_earlier_attempt_counts(services, delivery):
    _set(services, delivery, status=S.PLANNED, attempt=2, fence=2)

    receive(_receipt(delivery, S.DELIVERED, attempt=1), services=services)

    assert S.DELIVERED == _row(services, delivery).status


@pytest.mark.parametrize(
    "wrong",
    [
        {"delivery": "other12-1"},
        {"delivery": "ab2cd3e-999999"},
        {"channel": Channel.EMAIL},
    ],
    ids=["another incident", "no such row", "another channel"],
)
def test_a_receipt_for_no_delivery_of_ours_is_kept_and_folds_nothing(services, delivery, wrong):
    received = receive(_receipt(delivery, **wrong), services=services)

    assert Received(known=False, new=True, folded=False) == received
    assert S.SENDING == _row(services, delivery).status
    assert 1 == _receipts(services)


@pytest.mark.parametrize("key", ["", "-", "-5", "ab2cd3e", "ab2cd3e-x", "ab2cd3e-²"])
def test_what_is_not_a_delivery_key_is_nothing(services, key):
    received = receive(_receipt(1, delivery=key), services=services)

    assert Received(known=False, new=False, folded=False) == received
    assert 0 == _receipts(services)


def test_a_huge_row_id_is_nothing(services):
    key = f"ab2cd3e-{10**30}"

    assert not receive(_receipt(1, delivery=key), services=services).known


def test_a_status_never_becomes_itself():
    for reported in S:
        assert reported not in statuses_before(reported)
