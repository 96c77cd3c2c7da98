from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from notify.simulator import SimulatorConfig, SimulatorError, run
from tests.simulator.running import mail

PROGRAM = """
import json, sys
from pathlib import Path
from notify.simulator import SimulatorConfig, SimulatorError, run

def ready(http, smtp):
    sys.stdout.write(json.dumps({"http": http, "smtp": smtp}) + chr(10))
    sys.stdout.flush()

try:
    run(SimulatorConfig(ready=ready, log_file=Path(sys.argv[1])))
except SimulatorError as error:
    sys.exit(f"refused: {error}")
"""
FULL = Path("/dev/full")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "log.jsonl")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        yield child
        child.kill()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_process_says_when_it_is_ready_and_ends_in_good_order(
    process: subprocess.Popen[str], ending: signal.Signals
):
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    answer = requests.get(f"http://127.0.0.1:{ports['http']}/healthz", timeout=10)

    process.send_signal(ending)
    _, errors = process.communicate(timeout=20)

    assert ({"status": "ok"}, 0, "") == (answer.json(), process.returncode, errors)


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_a_log_that_cannot_be_written_ends_the_process_with_a_sentence():
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(FULL)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        port = json.loads(child.stdout.readline())["smtp"]
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtplib.SMTP("127.0.0.1", port).send_message(mail())
        _, errors = child.communicate(timeout=20)

    assert "refused: the acceptance log cannot be written: No space left on device\n" in errors
    assert "Traceback" not in errors
    assert 1 == child.returncode


def test_a_taken_port_is_named(taken_port: int):
    with pytest.raises(SimulatorError, match=rf"port {taken_port} for SMTP: .*another port"):
        run(SimulatorConfig(port_smtp=taken_port))


def test_a_log_file_that_cannot_be_opened_is_named(tmp_path: Path):
    with pytest.raises(SimulatorError, match=r"cannot be opened: Is a directory"):
        run(SimulatorConfig(log_file=tmp_path))


@pytest.mark.parametrize(
    "held", ['{"client_email": "real@race.iam.gserviceaccount.com"}', "{}", ""]
)
def test_credentials_of_somebody_else_are_not_written_over(held: str, tmp_path: Path):
    path = tmp_path / "account.json"
    path.write_text(held, encoding="utf-8")

    with pytest.raises(SimulatorError, match="name another file with --service-account"):
        run(SimulatorConfig(service_account_file=path))

    assert held == path.read_text(encoding="utf-8")
