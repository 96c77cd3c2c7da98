"""The repository's own files, as the structure tests read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "notify"


@cache
def modules() -> dict[Path, ast.Module]:
    """Return the syntax tree of each module of the product, by its path from the root."""
    files = [ROOT / "worker.py", *PACKAGE.rglob("*.py")]
    return {file.relative_to(ROOT): ast.parse(file.read_bytes()) for file in sorted(files)}


def product_modules(*without: str) -> list[Path]:
    """Return the modules' paths, leaving out those below the folders in `without`."""
    return [path for path in modules() if not path.as_posix().startswith(without)]


def string_constants(tree: ast.AST) -> Iterator[str]:
    """Yield every string written in a module, docstrings too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def tracked_files() -> list[Path]:
    """Return every file that is, or would be, in the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def where(path: Path, node: ast.stmt | ast.expr) -> str:
    """Return `file:line` of a node."""
    return f"{path}:{node.lineno}"
