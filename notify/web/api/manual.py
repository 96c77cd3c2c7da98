"""The API's description as a page of our own: what there is, who may call it, what it takes."""

from __future__ import annotations

from typing import Any, cast

from apispec import APISpec
from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from notify.web.access import declared_access, public

blueprint = Blueprint("manual", __name__)

EXTENSION = "notify.api.spec"


@blueprint.get("/api/docs")
@public
def docs() -> ResponseReturnValue:
    """List the API's operations."""
    spec = cast("APISpec", current_app.extensions[EXTENSION]).to_dict()
    operations = [
        _operation(path, method, described, spec)
        for path, methods in spec["paths"].items()
        for method, described in methods.items()
        if method in ("get", "post")
    ]
    return render_template("api/docs.html", operations=operations)


def _operation(
    path: str, method: str, described: dict[str, Any], spec: dict[str, Any]
) -> dict[str, Any]:
    parameters = [
        {
            "name": parameter["name"],
            "where": parameter["in"],
            "required": parameter.get("required", False),
            "said": parameter.get("description", ""),
        }
        for parameter in described.get("parameters", [])
    ]
    return {
        "path": path,
        "method": method.upper(),
        "summary": described.get("summary", "").replace("`", ""),
        "access": _access(path, method),
        "parameters": parameters,
        "body": _body(described, spec),
    }


def _access(path: str, method: str) -> str:
    wanted = path.replace("{", "<").replace("}", ">")
    for rule in current_app.url_map.iter_rules():
        if rule.rule == wanted and method.upper() in (rule.methods or ()):
            return declared_access(current_app.view_functions[rule.endpoint]) or ""
    return ""


def _body(described: dict[str, Any], spec: dict[str, Any]) -> list[dict[str, Any]]:
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = spec.get("components", {}).get("schemas", {}).get(name, {})
    required = schema.get("required", [])
    return [
        {
            "name": field,
            "type": _type(shape.get("type", "any")),
            "required": field in required,
            "said": shape.get("description", ""),
            "choices": [choice for choice in shape.get("enum", []) if choice is not None],
        }
        for field, shape in schema.get("properties", {}).items()
    ]


def _type(said: str | list[str]) -> str:
    return said if isinstance(said, str) else " or ".join(said)
