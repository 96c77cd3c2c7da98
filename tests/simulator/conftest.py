"""Fixtures: simulators on free ports, a receiver of callbacks, an access token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from tests.simulator.receiver import Receiver
from tests.simulator.running import RunningSimulator, Start

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


@pytest.fixture
def start_simulator() -> Iterator[Start]:
    """Give a function that starts a simulator with the settings of its arguments."""
    started: list[RunningSimulator] = []

    def start(**settings: Any) -> RunningSimulator:
        simulator = RunningSimulator(**settings)
        started.append(simulator)
        simulator.start()
        return simulator

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture
def simulator(start_simulator: Start) -> RunningSimulator:
    """Give a simulator without faults and without delays."""
    return start_simulator()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a server that collects status callbacks."""
    server = Receiver()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bearer(simulator: RunningSimulator) -> dict[str, str]:
    """Give the Authorization header google-auth gets from the simulator."""
    info = simulator.get("/_service_account")
    credentials = service_account.Credentials.from_service_account_info(info, scopes=[SCOPE])
    credentials.refresh(Request(simulator.session))
    return {"Authorization": f"Bearer {credentials.token}"}
