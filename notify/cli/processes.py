"""Starting our own processes, keeping them running, and ending every one of them."""

from __future__ import annotations

import ctypes
import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from notify.cli.app import FAILED, fail
from notify.config import CHANNELS, HOME, child_environment
from notify.logs import logger

log = logger(__name__)

DRAIN_S = 15.0
"""How long a process may take to end by itself: a provider call takes at most 12 s."""

LOCK = "up.lock"
"""The file in a folder of data that is locked for as long as somebody runs on it."""

_RESTART_S = 1.0
_PR_SET_PDEATHSIG = 1


def notify_command(*arguments: str) -> list[str]:
    """Return the command line that runs ``notify`` with ``arguments`` in a process of its own."""
    return [sys.executable, "-m", "notify.cli", *arguments]


def standard_commands(workers: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the processes of one machine by name: web, clock, and workers per channel."""
    commands = {"web": notify_command("web"), "clock": notify_command("clock")}
    for channel in CHANNELS:
        for number in range(1, workers.get(channel, 1) + 1):
            commands[f"{channel}.{number}"] = [sys.executable, str(HOME / "worker.py"), channel]
    return commands


def _die_with_parent() -> None:
    """In the child: ask Linux to end us when the parent dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Processes:
    """A set of named child processes with one environment."""

    environment: Mapping[str, str] = field(default_factory=dict)
    log_file: Path | None = None
    _commands: dict[str, Sequence[str]] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, commands: Mapping[str, Sequence[str]]) -> None:
        """Start every command."""
        for name, command in commands.items():
            self._commands[name] = command
            self._start(name)

    def _start(self, name: str) -> None:
        output = None if self.log_file is None else self.log_file.open("ab")
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
            self._commands[name],
            env=child_environment(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output or sys.stderr,
            stderr=output or sys.stderr,
            # A Ctrl-C goes to us alone: we end the children in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs before the children
        )
        if output is not None:
            output.close()

    def dead(self) -> list[str]:
        """Return the names of the processes that have ended."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def revive(self) -> None:
        """Start again what has ended."""
        for name in self.dead():
            log.warning("process.restarted", process=name, code=self._running[name].returncode)
            self._start(name)

    def stop(self) -> None:
        """End every process: ask, wait, then insist."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_S
        for name, process in self._running.items():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process.killed", process=name)
                process.kill()
                process.wait()
        self._running.clear()

    def supervise(self, stopping: Stopping) -> None:
        """Keep everything running until told to stop."""
        while not stopping.wait(_RESTART_S):
            self.revive()


class Stopping:
    """Whether somebody asked us to end, by SIGTERM or Ctrl-C."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Wait up to ``seconds``; return whether we were asked to end."""
        deadline = time.monotonic() + seconds
        while not self.asked and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.asked

    def check(self) -> None:
        """Go no further if somebody asked us to end; raises ``click.Abort``."""
        if self.asked:
            raise click.Abort


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of ``folder`` if nobody else does; give whether we do."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            ours = False
        else:
            ours = True
        yield ours


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the lock of ``var``: two runs on one folder would end each other's Redis."""
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(var) as ours:
        if not ours:
            fail(f"notify already runs on {var}; stop it first, or set NOTIFY_VAR", FAILED)
        yield
