"""Every queue has a worker that listens to it, and every job name is a function."""

from __future__ import annotations

import ast
import importlib
import inspect
import re

from notify.config import CHANNELS
from tests.repo.sources import ROOT, modules, string_constants

JOB_NAME = re.compile(r"notify\.jobs\.[a-z_]+(\.[a-z_]+)*")


def _queues_with_a_worker() -> set[str]:
    return set(re.findall(r"^\w+: python worker\.py (\w+)$", _procfile(), re.MULTILINE))


def _procfile() -> str:
    return (ROOT / "Procfile").read_text()


def test_each_channel_has_a_worker_in_the_procfile():
    assert set(CHANNELS) == _queues_with_a_worker()


def test_each_queue_named_in_the_code_has_a_worker():
    named = {
        node.args[0].value
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and ast.unparse(node.func).split(".")[-1] == "Queue"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }

    assert set() == named - _queues_with_a_worker()


def test_a_worker_process_listens_to_one_queue_only():
    # With several queues RQ takes jobs by BLPOP, and a crash at that moment loses the job.
    lines = [line for line in _procfile().splitlines() if "worker.py" in line]

    assert len(lines) == len(CHANNELS)
    assert [] == [line for line in lines if len(line.split("worker.py ")[1].split()) != 1]


def test_the_procfile_runs_web_workers_and_clock():
    names = [line.split(":")[0] for line in _procfile().splitlines()]

    assert ["web", "worker_sms", "worker_push", "worker_email", "clock"] == names


def test_each_job_name_is_a_function():
    names = {
        text
        for tree in modules().values()
        for text in string_constants(tree)
        if JOB_NAME.fullmatch(text)
    }

    assert names
    for name in names:
        module, _, function = name.rpartition(".")
        job = getattr(importlib.import_module(module), function, None)
        assert inspect.isfunction(job), name
