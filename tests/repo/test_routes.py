"""Every address of the web application says who may call it."""

from __future__ import annotations

import pytest
from flask import Flask

from notify.bootstrap import build
from notify.config import load_settings
from notify.web import create_app
from notify.web.access import ACCESS_KINDS, declared_access


@pytest.fixture
def app(sqlite_url: str, redis_url: str, tmp_path) -> Flask:
    """Give the application as it is deployed, with no channel switched on."""
    settings = load_settings(
        {
            "NOTIFY_DATABASE_URL": sqlite_url,
            "NOTIFY_REDIS_URL": redis_url,
            "NOTIFY_VAR": str(tmp_path),
            "NOTIFY_SECRET_KEY": "a-secret-of-the-tests",
        }
    )
    return create_app(build(settings))


def test_each_route_says_who_may_call_it(app):
    declared = {
        rule.rule: declared_access(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
    }

    assert len(declared) > 5
    assert {} == {rule: kind for rule, kind in declared.items() if kind not in ACCESS_KINDS}
