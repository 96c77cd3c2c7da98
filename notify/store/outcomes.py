"""Recording what became of claimed deliveries: one set-based UPDATE for a whole batch.

The rows travel as one JSON parameter: a statement with thousands of bound values costs more to
prepare than to run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from notify.domain.delivery import ALLOWED, DeliveryStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one claimed delivery.

    ``counted`` is whether it was an attempt: a provider that says "too fast" never tried.
    ``due_at`` is when to come back to it, to send it (planned) or to ask about it (ambiguous);
    ``since`` is when the attempt began.
    """

    id: int
    fence: int
    status: DeliveryStatus
    provider_id: str | None = None
    error_code: str | None = None
    due_at: datetime | None = None
    since: datetime | None = None
    counted: bool = True

    def __post_init__(self) -> None:
        if self.status not in ALLOWED[DeliveryStatus.SENDING]:
            message = f"a delivery being sent cannot become {self.status}"
            raise ValueError(message)


_SET = """
UPDATE delivery SET
    status = v.status,
    provider_id = COALESCE(v.provider_id, delivery.provider_id),
    error_code = v.error_code,
    attempt = delivery.attempt - v.uncounted,
    accepted_at = v.accepted_at,
    lease_until = NULL,
    claim_id = NULL,
    changed_at = :now
FROM {values} AS v
WHERE delivery.id = v.id AND delivery.fence = v.fence AND delivery.status = 'sending'
"""

_COME_BACK = """
INSERT INTO later (delivery_id, lane_id, channel, kind, due_at, since, misses)
SELECT delivery.id, delivery.lane_id, lane.channel,
    CASE v.status WHEN 'planned' THEN 'retry' ELSE 'doubt' END, v.due_at, v.since, 0
FROM {values} AS v
JOIN delivery ON delivery.id = v.id AND delivery.fence = v.fence AND delivery.status = v.status
JOIN lane ON lane.id = delivery.lane_id
WHERE v.due_at IS NOT NULL
ON CONFLICT (delivery_id) DO UPDATE SET
    kind = excluded.kind, due_at = excluded.due_at, since = excluded.since, misses = 0
"""

_POSTGRES_VALUES = """(SELECT (e->>0)::bigint AS id, (e->>1)::bigint AS fence, e->>2 AS status,
    e->>3 AS provider_id, e->>4 AS error_code, (e->>5)::timestamptz AS due_at,
    (e->>6)::timestamptz AS accepted_at, (e->>7)::bigint AS uncounted,
    (e->>8)::timestamptz AS since
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS e)"""

_SQLITE_VALUES = """(SELECT e.value->>0 AS id, e.value->>1 AS fence, e.value->>2 AS status,
    e.value->>3 AS provider_id, e.value->>4 AS error_code, e.value->>5 AS due_at,
    e.value->>6 AS accepted_at, e.value->>7 AS uncounted, e.value->>8 AS since
    FROM json_each(:rows) AS e)"""

_STATEMENTS = {
    sqlite: tuple(text(statement.format(values=values)) for statement in (_SET, _COME_BACK))
    for sqlite, values in ((True, _SQLITE_VALUES), (False, _POSTGRES_VALUES))
}


def record(connection: Connection, outcomes: Sequence[Outcome], *, at: datetime) -> int:
    """Write ``outcomes``, and what must be come back to; return how many rows still were ours.

    A row whose lease was lost (another fence) or whose receipt came first is left as it is.
    """
    if not outcomes:
        return 0
    sqlite = connection.dialect.name == "sqlite"
    update, come_back = _STATEMENTS[sqlite]
    now = _stamp(at, sqlite=sqlite)
    parameters = {"rows": json.dumps([_row(o, now, sqlite=sqlite) for o in outcomes]), "now": now}
    written = connection.execute(update, parameters).rowcount
    unfinished = [_row(o, now, sqlite=sqlite) for o in outcomes if o.due_at is not None]
    if unfinished:
        connection.execute(come_back, {"rows": json.dumps(unfinished)})
    return written


def _row(outcome: Outcome, now: str | None, *, sqlite: bool) -> tuple[object, ...]:
    return (
        outcome.id,
        outcome.fence,
        outcome.status.value,
        outcome.provider_id,
        outcome.error_code,
        _stamp(outcome.due_at, sqlite=sqlite),
        now if outcome.status is DeliveryStatus.ACCEPTED else None,
        0 if outcome.counted else 1,
        _stamp(outcome.since, sqlite=sqlite),
    )


def _stamp(moment: datetime | None, *, sqlite: bool) -> str | None:
    """``moment`` as the database writes it: SQLite compares texts, so the form must be the same."""
    if moment is None:
        return None
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%S.%f" if sqlite else "%Y-%m-%d %H:%M:%S.%f+00:00")
