"""Installs Chromium and PostgreSQL for the tests; quick when they are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services.chromium import find_chromium, find_installed, use_own_downloads
from tests.services.postgres import find_binaries, find_system_binaries

CLUSTER_CONFIGURATION = Path("/etc/postgresql-common/createcluster.conf")
PACKAGED_CONFIGURATION = Path("/usr/share/postgresql-common/createcluster.conf")


class NotInstalledError(Exception):
    """Something could not be installed; the message says what to do."""


def main() -> int:
    """Install what is missing; 1 and a line on standard error for each that could not be."""
    failed = False
    for install in (install_chromium, install_postgres):
        try:
            install()
        except NotInstalledError as error:
            _say(str(error))
            failed = True
    return int(failed)


def install_chromium() -> None:
    """Make sure that `find_chromium` finds one."""
    if find_installed() is not None:
        return
    if _has_apt():
        # The fonts are for the screenshots: without them Chinese is drawn as boxes.
        _try_apt("chromium", "fonts-noto-cjk")
    if find_chromium() is None:
        _download_chromium()
    if find_chromium() is None:
        raise NotInstalledError(
            "Chromium for the browser tests could not be installed: put `chromium` on PATH "
            "(Debian: apt-get install chromium fonts-noto-cjk) and run `make test` again"
        )


def install_postgres() -> None:
    """Make sure that TEST_DATABASE_URL is set or that `find_binaries` finds a PostgreSQL."""
    if os.environ.get("TEST_DATABASE_URL") or find_system_binaries() is not None:
        return
    if _has_apt():
        _install_postgres_package()
    if find_binaries() is None:
        raise NotInstalledError(
            "PostgreSQL for the tests could not be installed: install it (Debian: apt-get install "
            "postgresql) or set TEST_DATABASE_URL to a server where databases may be created"
        )


def _install_postgres_package() -> None:
    # The package would create and start a cluster of its own; the tests want the programs only.
    alone = not CLUSTER_CONFIGURATION.exists()
    if alone:
        CLUSTER_CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
        CLUSTER_CONFIGURATION.write_text("create_main_cluster = false\n")
    _try_apt("postgresql")
    if alone and PACKAGED_CONFIGURATION.exists():
        shutil.copyfile(PACKAGED_CONFIGURATION, CLUSTER_CONFIGURATION)


def _download_chromium() -> None:
    use_own_downloads()
    _say("Downloading Chromium for the browser tests")
    _run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"])


def _has_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _try_apt(*packages: str) -> None:
    _say(f"Installing {' and '.join(packages)} for the tests with apt-get")
    keep = ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
    if _run(["apt-get", "-q", "update"]):
        _run(["apt-get", "-q", "-y", "--no-install-recommends", *keep, "install", *packages])


def _run(command: list[str]) -> bool:
    """Run a command without a terminal; on failure show the end of what it said."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "UCF_FORCE_CONFFOLD": "1"}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
        if done.returncode != 0:
            output.seek(0)
            for line in output.read().decode(errors="replace").splitlines()[-5:]:
                _say(f"  {line}")
    return done.returncode == 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
