"""What the staged registrants would change in a race: counted, and shown by a few examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from notify.domain.registrant import Change, Changes
from notify.store.races import PaymentAttemptRow, PushTokenRow, RegistrantRow
from notify.store.staged import STAGED, STAGED_PAYMENT, STAGED_TOKEN, TEXTS

REGISTRANT = cast("Table", RegistrantRow.__table__)
PUSH_TOKEN = cast("Table", PushTokenRow.__table__)
PAYMENT = cast("Table", PaymentAttemptRow.__table__)

_EXAMPLES = 10


def same_person(race_id: str) -> ColumnElement[bool]:
    """Return the condition that a staged row and a registrant of the race are one person."""
    return and_(
        REGISTRANT.c.race_id == race_id,
        REGISTRANT.c.registration_id == STAGED.c.registration_id,
    )


def own_differences() -> dict[str, ColumnElement[bool]]:
    """Return, per column of the registrant, whether the file says something else."""
    differences = {
        name: and_(
            STAGED.c[name].is_not(None),
            func.nullif(STAGED.c[name], "").is_distinct_from(func.nullif(REGISTRANT.c[name], "")),
        )
        for name in TEXTS
    }
    differences["finished_at"] = and_(
        STAGED.c.finished_at.is_not(None),
        STAGED.c.finished_at.is_distinct_from(REGISTRANT.c.finished_at),
    )
    return differences


def there_is(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether ``table`` has a row with ``conditions``, which are on tables around it too."""
    return exists().where(*conditions).correlate_except(table)


def token_is_staged() -> ColumnElement[bool]:
    """Return whether the file has, for the same person, the push token of the row at hand."""
    return there_is(
        STAGED_TOKEN,
        STAGED_TOKEN.c.registration_id == STAGED.c.registration_id,
        STAGED_TOKEN.c.token == PUSH_TOKEN.c.token,
    )


def token_is_known() -> ColumnElement[bool]:
    """Return whether the registrant at hand has the staged token at hand."""
    return there_is(
        PUSH_TOKEN,
        PUSH_TOKEN.c.registrant_id == REGISTRANT.c.id,
        PUSH_TOKEN.c.token == STAGED_TOKEN.c.token,
    )


def payment_is_known(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether the registrant at hand has an attempt at the time of the staged one."""
    return there_is(
        PAYMENT,
        PAYMENT.c.registrant_id == REGISTRANT.c.id,
        PAYMENT.c.attempted_at == STAGED_PAYMENT.c.attempted_at,
        *conditions,
    )


def _differences() -> dict[str, ColumnElement[bool]]:
    came = there_is(
        STAGED_TOKEN,
        STAGED_TOKEN.c.registration_id == STAGED.c.registration_id,
        ~token_is_known(),
    )
    went = there_is(PUSH_TOKEN, PUSH_TOKEN.c.registrant_id == REGISTRANT.c.id, ~token_is_staged())
    same_result = PAYMENT.c.result == STAGED_PAYMENT.c.result
    paid = there_is(
        STAGED_PAYMENT,
        STAGED_PAYMENT.c.registration_id == STAGED.c.registration_id,
        ~payment_is_known(same_result),
    )
    return own_differences() | {
        "push_tokens": and_(STAGED.c.tokens_told, or_(came, went)),
        "payments": paid,
    }


def count_changes(connection: Connection, race_id: str) -> Changes:
    """Return how many people of the race would be added, updated, left, and what changes."""
    differences = _differences()
    anything = or_(*differences.values())
    counted = {name: _count(differs) for name, differs in differences.items()}
    both = STAGED.join(REGISTRANT, same_person(race_id))
    matched, updated, *per_column = connection.execute(
        select(func.count(), _count(anything), *counted.values()).select_from(both)
    ).one()
    staged = connection.execute(select(func.count()).select_from(STAGED)).scalar_one()
    known = connection.execute(
        select(func.count()).select_from(REGISTRANT).where(REGISTRANT.c.race_id == race_id)
    ).scalar_one()
    columns = {name: n for name, n in zip(differences, per_column, strict=True) if n}
    examples = _examples(connection, race_id, anything) if updated else ()
    return Changes(
        added=staged - matched,
        updated=updated,
        unchanged=matched - updated,
        absent=known - matched,
        columns=columns,
        examples=examples,
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _examples(
    connection: Connection, race_id: str, anything: ColumnElement[bool]
) -> tuple[Change, ...]:
    names = (*TEXTS, "finished_at")
    people = connection.execute(
        select(
            REGISTRANT.c.id,
            REGISTRANT.c.registration_id,
            STAGED.c.tokens_told,
            *(REGISTRANT.c[name].label(f"before_{name}") for name in names),
            *(STAGED.c[name].label(f"after_{name}") for name in names),
        )
        .join(STAGED, same_person(race_id))
        .where(anything)
        .order_by(REGISTRANT.c.registration_id)
        .limit(_EXAMPLES)
    ).all()
    ids, keys = [row.id for row in people], [row.registration_id for row in people]
    tokens = _both(connection, PUSH_TOKEN, ids, STAGED_TOKEN, keys)
    payments = _both(connection, PAYMENT, ids, STAGED_PAYMENT, keys)
    changes: list[Change] = []
    for row in people:
        key = row.registration_id
        changes += _own_changes(row, names)
        before, after = tokens[row.id], tokens[key]
        if row.tokens_told and {token.token for token in before} != {one.token for one in after}:
            changes.append(Change(key, "push_tokens", str(len(before)), str(len(after))))
        known, told = ({at.attempted_at: at.result for at in payments[it]} for it in (row.id, key))
        changes += (
            Change(key, f"payment at {at.isoformat()}", known.get(at, ""), result)
            for at, result in told.items()
            if known.get(at) != result
        )
    return tuple(changes)


def _own_changes(row: Row[Any], names: Sequence[str]) -> list[Change]:
    found = []
    for name in names:
        before, after = getattr(row, f"before_{name}"), getattr(row, f"after_{name}")
        if after is not None and (before or "") != after:
            found.append(Change(row.registration_id, name, str(before or ""), str(after)))
    return found


def _both(
    connection: Connection, kept: Table, ids: Sequence[int], staged: Table, keys: Sequence[str]
) -> dict[int | str, list[Row[Any]]]:
    found: dict[int | str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(kept).where(kept.c.registrant_id.in_(ids))):
        found[row.registrant_id].append(row)
    for row in connection.execute(select(staged).where(staged.c.registration_id.in_(keys))):
        found[row.registration_id].append(row)
    return found
