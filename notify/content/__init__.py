"""The wording of notices: strict, sandboxed templates, frozen per notice, rendered per person."""

from notify.content.errors import ContentError
from notify.content.library import Content
from notify.content.linting import lint
from notify.content.renderer import Renderer
from notify.content.wording import IncidentContext, PersonFields, Wording

__all__ = [
    "Content",
    "ContentError",
    "IncidentContext",
    "PersonFields",
    "Renderer",
    "Wording",
    "lint",
]
