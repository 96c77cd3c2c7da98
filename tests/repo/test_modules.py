"""Modules stay small, are named for what they are, and leave a status to the store."""

from __future__ import annotations

import ast

from tests.repo.sources import ROOT, modules, product_modules, where

VAGUE_MODULES = {"utils", "common", "misc", "helpers", "util"}
VAGUE_CLASSES = ("Manager", "Helper", "Handler", "Service", "Utils")


def test_no_module_is_longer_than_300_lines():
    lengths = {
        str(path): len((ROOT / path).read_text().splitlines())
        for path in product_modules("notify/store/migrations/versions/")
    }

    assert {} == {path: lines for path, lines in lengths.items() if lines > 300}


def test_worker_is_at_most_40_lines():
    assert len((ROOT / "worker.py").read_text().splitlines()) <= 40


def test_jobs_are_at_most_five_statements_long():
    jobs = [
        node
        for path, tree in modules().items()
        if path.as_posix().startswith("notify/jobs")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]

    assert jobs
    assert [] == [job.name for job in jobs if _statements(job) > 5]


def test_no_module_or_class_has_a_vague_name():
    named = [str(path) for path in modules() if path.stem in VAGUE_MODULES]
    named += [
        f"{where(path, node)} {node.name}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith(VAGUE_CLASSES)
    ]

    assert [] == named


def test_only_the_store_sets_a_status():
    # A provider's message (simulator) and a file's cell (intake) have a "status" of another kind.
    elsewhere = product_modules("notify/store/", "notify/simulator/", "notify/intake/")
    found = [
        where(path, node)
        for path in elsewhere
        for node in ast.walk(modules()[path])
        if isinstance(node, ast.Attribute)
        and node.attr == "status"
        and isinstance(node.ctx, ast.Store)
    ]

    assert [] == found


def _statements(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return sum(isinstance(node, ast.stmt) for part in body for node in ast.walk(part))
