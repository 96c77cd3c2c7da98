"""What operators' tools ask: alive, ready, figures. Nothing here names a person."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notify.bootstrap import check_redis
from notify.queueing.connection import RedisRefused
from notify.usecases.figures import figures
from notify.usecases.services import Services
from notify.web.access import public
from notify.web.api.events import live
from notify.web.context import services
from notify.web.counts import counts
from notify.web.live import Live

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """Say that this process answers."""
    return jsonify({"ok": True})


@blueprint.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Say whether the database and Redis can be reached; 503 if one cannot."""
    parts = {"database": _database(services()), "redis": _redis(services())}
    ready = all(part["ok"] for part in parts.values())
    return jsonify({"ok": ready, "parts": parts}), 200 if ready else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Return figures in Prometheus's text format, counted in the database at this moment."""
    registry = counts().registry
    families = _Figures(services(), live())
    text_of_all = generate_latest(registry) + generate_latest(families)
    return Response(text_of_all, mimetype=CONTENT_TYPE_LATEST.partition(";")[0])


def _database(here: Services) -> dict[str, object]:
    try:
        with here.database.read() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return {"ok": False, "detail": f"cannot be reached ({type(error).__name__})"}
    return {"ok": True, "detail": here.database.url.get_backend_name()}


def _redis(here: Services) -> dict[str, object]:
    try:
        version = check_redis(here.settings)
    except RedisRefused as error:
        return {"ok": False, "detail": str(error)}
    except RedisError as error:
        return {"ok": False, "detail": f"cannot be reached ({type(error).__name__})"}
    return {"ok": True, "detail": version}


class _Figures(Collector):
    """Reads the figures of all processes from the one place they share."""

    def __init__(self, here: Services, watcher: Live) -> None:
        self._services = here
        self._live = watcher

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield the figures; without the database only ``notify_database_up`` 0."""
        yield GaugeMetricFamily(
            "notify_open_pages", "Pages that listen in this process.", self._live.listeners
        )
        up = GaugeMetricFamily("notify_database_up", "Whether the database answers.")
        try:
            found = figures(services=self._services)
        except SQLAlchemyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, said, labels, values in (
            (
                "notify_deliveries",
                "Deliveries of notices that have not expired.",
                ["channel", "status"],
                found.deliveries,
            ),
            ("notify_incidents", "Incidents.", ["status", "drill"], found.incidents),
            ("notify_silence_seconds", "Since the last sign of life.", ["kind"], found.silence),
        ):
            family = GaugeMetricFamily(name, said, labels=labels)
            for label_values, value in values.items():
                family.add_metric(label_values, value)
            yield family
