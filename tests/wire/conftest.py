"""The event loops that the client must work on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Give what runs a coroutine on each of the event loops in use."""
    return asyncio.run if request.param == "asyncio" else uvloop.run
