"""A missing or unfit Python is one clear line that says what to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.sources import ROOT

TOOLS = ("awk", "cat", "cksum", "dirname", "head", "rm", "sed", "sh")
OLD_PYTHON = '#!/bin/sh\n[ "$1" = -V ] || exit 1\necho Python 3.9.2\n'
PYTHON_WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a copy of what the installation reads, and a `bin` with the tools it uses."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name in ("pyproject.toml", *(file.name for file in ROOT.glob("requirements*.txt"))):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return tmp_path


def test_no_python_is_one_line(checkout):
    line = _refusal(checkout)

    assert "Python 3.11 or newer was not found (python3 is missing)" in line
    assert "apt-get install python3-venv" in line


def test_old_python_is_one_line_with_its_version(checkout):
    _put_python(checkout, OLD_PYTHON)

    line = _refusal(checkout)

    assert "python3 is Python 3.9.2" in line


def test_python_without_venv_is_one_line(checkout):
    _put_python(checkout, PYTHON_WITHOUT_VENV)

    line = _refusal(checkout)

    assert "python3 cannot make virtual environments: run apt-get install python3-venv" in line


def _put_python(checkout: Path, script: str) -> None:
    python = checkout / "bin" / "python3"
    python.write_text(script)
    python.chmod(0o755)


def _refusal(checkout: Path) -> str:
    done = subprocess.run(
        ["sh", ".ci/venv", "runtime"],
        cwd=checkout,
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert not done.stdout
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr
