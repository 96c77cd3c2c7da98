"""Alive, ready, figures: each part by name, and nobody's data."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notify.web import create_app
from tests.installation import installed
from tests.usecases.scene import phone
from tests.web.each_database import ON_EACH_DATABASE


@pytest.fixture
def ready(sqlite_url, redis_url, tmp_path):
    """Give a visitor of an installation with a real Redis."""
    services = installed(sqlite_url, tmp_path, NOTIFY_REDIS_URL=redis_url)
    yield create_app(services).test_client()
    services.database.engine.dispose()


def test_alive_asks_nobody(anybody):
    assert {"ok": True} == anybody.client.get("/healthz").json


def test_ready_names_each_part(ready):
    answer = ready.get("/readyz")

    assert 200 == answer.status_code
    assert {"database": True, "redis": True} == {
        name: part["ok"] for name, part in answer.json["parts"].items()
    }


def test_not_ready_without_redis_says_so_and_lives_on(anybody):
    answer = anybody.client.get("/readyz")

    parts = answer.json["parts"]
    assert 503 == answer.status_code
    assert (True, False) == (parts["database"]["ok"], parts["redis"]["ok"])


def test_not_ready_without_a_database(tmp_path, redis_url):
    url = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    services = installed(url, tmp_path, NOTIFY_REDIS_URL=redis_url)
    client = create_app(services).test_client()

    answer = client.get("/readyz")

    assert 503 == answer.status_code
    assert answer.json
    assert not answer.json["parts"]["database"]["ok"]
    assert "nobody" not in answer.text
    assert "notify_database_up 0.0" in client.get("/metrics").text
    services.database.engine.dispose()


@ON_EACH_DATABASE
def test_figures_count_deliveries_and_incidents_and_name_nobody(anybody, scene):
    scene.trigger()

    text = anybody.client.get("/metrics").text

    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert 3 == samples["notify_deliveries", "planned", "sms"]
    assert 1 == samples["notify_incidents", "active", "false"]
    assert 0 == samples["notify_open_pages",]
    assert 1 == samples["notify_database_up",]
    assert phone(0) not in text
    assert "Runner" not in text


def test_the_description_is_openapi_and_the_page_lists_every_operation(anybody):
    spec = anybody.client.get("/api/openapi.json").json
    page = anybody.client.get("/api/docs").text

    assert spec["openapi"].startswith("3.1")
    assert {"/api/v1/incidents", "/api/v1/faq", "/api/v1/events"} <= set(spec["paths"])
    for path in spec["paths"]:
        assert path in page
