"""Imports point inwards, stand at the top of a module, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.repo.sources import ROOT, modules, where


def test_import_contracts_hold():
    lint_imports = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run(
        [lint_imports, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_function_imports_the_project():
    found = [
        where(path, statement)
        for path, tree in modules().items()
        for statement in _imports_inside_functions(tree)
        if _is_of_the_project(statement)
    ]

    assert [] == found


def _imports_inside_functions(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node


def _is_of_the_project(statement: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] in ("", "notify")
    return any(alias.name.split(".")[0] == "notify" for alias in statement.names)
