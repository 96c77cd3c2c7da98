"""The error of this package."""

from __future__ import annotations

from collections.abc import Iterable


class ContentError(Exception):
    """Wording that cannot be sent; ``errors`` name the template file, line and block, one each."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(dict.fromkeys(errors))
        super().__init__("\n".join(self.errors))
