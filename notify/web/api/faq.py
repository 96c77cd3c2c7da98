"""The FAQ as JSON: the same words as every other surface, from the same revision."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from notify.usecases.shown import all_shown
from notify.web.access import public
from notify.web.api.describing import Operation, part
from notify.web.api.schemas import FaqAnswer, FaqQuery
from notify.web.context import services
from notify.web.documents import faq_entries

blueprint = part("faq", "Questions and answers")


@Operation(blueprint, "/faq", gives=FaqAnswer, takes=[(FaqQuery, "query")])
@public
def faq(query: dict[str, Any]) -> Response:
    """List the answers to what people ask now, and those of incidents that are over."""
    items = all_shown(services=services(), active_only=False, drills=query["drills"])
    race = query.get("race")
    chosen = [item for item in items if race in (None, item.race.id)]
    chosen.sort(key=lambda item: not item.active)
    answer = jsonify({"entries": list(faq_entries(chosen, query.get("lang")))})
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "public, max-age=5"
    return answer
