"""The manual names every key, condition, block, name and filter there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from notify.content.sandbox import Sandbox
from notify.content.words import INCIDENT_FIELDS, PERSON_FIELDS, RACE_FIELDS
from notify.domain.notice import NoticeKind, Surface
from notify.domain.playbook import FactType
from notify.playbooks.schema import CONDITIONS, FactSchema, PlaybookSchema

PAGE = (Path(__file__).parents[2] / "docs" / "playbooks.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", PAGE))))


@pytest.mark.parametrize(
    "names",
    [
        PlaybookSchema().fields,
        FactSchema().fields,
        CONDITIONS,
        FactType,
        NoticeKind,
        Surface,
        PERSON_FIELDS,
        RACE_FIELDS,
        INCIDENT_FIELDS,
        Sandbox({}).filters,
    ],
    ids=lambda names: type(names).__name__,
)
def test_the_manual_names_everything_a_playbook_can_use(names):
    assert set() == {str(name) for name in names} - NAMED
