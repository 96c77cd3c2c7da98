"""What the channels' tests share: the simulator's key and the search for leaks."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.channels.messages import SECRETS


@pytest.fixture(scope="session")
def key_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the directory in which simulators keep their service account's key."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def leaks(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[BaseException], list[str]]]:
    """Give a function that lists the secrets in an error, in what led to it, and in the log."""
    caplog.set_level(logging.DEBUG)

    def found(error: BaseException) -> list[str]:
        texts = [*_chain(error), caplog.text]
        return [secret for secret in SECRETS if any(secret in text for text in texts)]

    yield found
    assert [] == [secret for secret in SECRETS if secret in caplog.text]


def _chain(error: BaseException | None) -> list[str]:
    texts: list[str] = []
    while error is not None:
        texts += [str(error), repr(error), repr(vars(error))]
        texts += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return texts
