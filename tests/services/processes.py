"""The run's own directory, the environment of its children, and the search for any left."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

RUN_DIRECTORY = "NOTIFY_TEST_DIR"


def begin_run() -> Path:
    """Make this run's directory and name it in the environment, which every child inherits."""
    # Directly under /tmp: a Unix socket's path may not pass 104 bytes; macOS' TMPDIR is half that.
    parent = "/tmp" if Path("/tmp").is_dir() else None
    directory = Path(tempfile.mkdtemp(prefix="notify-", dir=parent)).resolve()
    directory.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    os.environ[RUN_DIRECTORY] = str(directory)
    return directory


def run_directory() -> Path:
    """Return the directory made by `begin_run`, here or in the process that started this one."""
    return Path(os.environ[RUN_DIRECTORY])


def end_run() -> None:
    """Remove the run's directory."""
    shutil.rmtree(run_directory(), ignore_errors=True)


def own_directory(name: str) -> Path:
    """Make a short, new directory for one server or one test."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run_directory()))


def child_environment(**settings: str) -> dict[str, str]:
    """Return a child's environment: ours without the product's settings, plus `settings`."""
    ours = ("NOTIFY_", "TWILIO_", "FCM_", "SMTP_", "GOOGLE_", "MAIL_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == RUN_DIRECTORY or not name.startswith(ours)
    }
    return kept | settings


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def unprivileged_user(*preferred: str) -> str | None:
    """Return whom a server must run as because it refuses root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in (*preferred, "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError(
        "PostgreSQL refuses to run as root and there is no user `nobody`: run as another user"
    )


def left_behind() -> list[psutil.Process]:
    """Return the processes of this run that still live, however they detached themselves."""
    mine = psutil.Process()
    not_left = {mine.pid, *(parent.pid for parent in mine.parents())}
    children = {child.pid for child in mine.children(recursive=True)}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in not_left
        and _alive(process)
        and (process.pid in children or _belongs_to(process, str(run_directory())))
    ]


def end(processes: Iterable[psutil.Process]) -> None:
    """End the given processes by id, first politely."""
    victims = list(processes)
    for process in victims:
        _quietly(process.terminate)
    _, stubborn = psutil.wait_procs(victims, timeout=5)
    for process in stubborn:
        _quietly(process.kill)
    psutil.wait_procs(stubborn, timeout=5)


def describe(process: psutil.Process) -> str:
    """Return one line that says which process this is."""
    try:
        return f"pid {process.pid}: {' '.join(process.cmdline())[:200] or process.name()}"
    except psutil.Error:
        return f"pid {process.pid}"


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _belongs_to(process: psutil.Process, directory: str) -> bool:
    # Three signs, because servers overwrite their own command line and environment with a title.
    for sign in (_environment, _working_directory, _command_line):
        try:
            if directory in sign(process):
                return True
        except (psutil.Error, OSError):
            continue
    return False


def _environment(process: psutil.Process) -> str:
    return str(process.environ().get(RUN_DIRECTORY, ""))


def _working_directory(process: psutil.Process) -> str:
    return str(process.cwd())


def _command_line(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except psutil.Error:
        return
