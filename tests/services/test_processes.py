"""A run that leaves a process ends it, names it and fails; a child starts with clean settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from tests.services.processes import child_environment

ROOT = Path(__file__).resolve().parents[2]
LEAKING_TEST = """
import subprocess
import sys

def test_forgets_a_daemon():
    code = "import time; time.sleep(600)"
    daemon = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    print(f"daemon={daemon.pid}=")
    daemon.returncode = 0  # the garbage collector need not mention it
"""


def test_process_left_running_is_ended_and_fails_the_run(tmp_path):
    (tmp_path / "test_leak.py").write_text(LEAKING_TEST)
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", *options, tmp_path / "test_leak.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "processes left running by the tests" in done.stdout
    assert done.returncode == 1
    assert not psutil.pid_exists(int(done.stdout.split("daemon=")[1].split("=")[0]))


def test_child_starts_with_the_given_settings_only(monkeypatch):
    monkeypatch.setenv("NOTIFY_PUBLIC_URL", "https://example.org")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "made-up")

    environment = child_environment(NOTIFY_VAR="/tmp/x")

    assert "/tmp/x" == environment["NOTIFY_VAR"]
    assert "NOTIFY_PUBLIC_URL" not in environment
    assert "TWILIO_AUTH_TOKEN" not in environment
    assert "PATH" in environment
