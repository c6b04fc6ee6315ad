"""Adds to the OpenAPI document what FastAPI can't know: tokens, idempotency keys, versions and problem responses."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from shared.http.access import Access
from shared.http.problems import MEDIA_TYPE
from shared.vocabulary.fields import describe_fields, describe_parameters

_RULE = {
    "type": "object",
    "required": ["id", "version", "title", "title_zh", "source", "url"],
    "properties": {name: {"type": "string"} for name in ("id", "version", "title", "title_zh", "source", "url")},
}
_ERROR_TEXTS = ("pointer", "code", "message", "message_zh", "fix", "fix_zh")
_TEXTS = (
    *("type", "title", "title_zh", "title_en", "code", "detail", "detail_zh", "detail_en"),
    *("fix", "fix_zh", "instance", "trace_id", "docs"),
)
_PROBLEM = {
    "title": "Problem",
    "description": "Why not (RFC 9457): the first breach, and all of them in `errors`.",
    "type": "object",
    "required": [*_TEXTS, "status", "errors", "retryable"],
    "properties": {
        **{name: {"type": "string"} for name in _TEXTS},
        "status": {"type": "integer"},
        "retryable": {"type": "boolean"},
        "rule": _RULE,
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": list(_ERROR_TEXTS),
                "properties": {**{name: {"type": "string"} for name in _ERROR_TEXTS}, "rule": _RULE},
            },
        },
    },
}
_REFUSALS = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in (("4XX", "Refused; `code` says why"), ("5XX", "Failed on our side; 503 may be repeated"))
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "new for each act, the same when the act is repeated",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_VERSION = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the ETag decided on; 428 where the command needs it",
    "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
}


def describe(document: dict[str, Any], access: Access) -> None:
    """Complete the document in place, which FastAPI keeps and serves."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(own, None)
    schemas["Problem"] = deepcopy(_PROBLEM)
    for name, schema in schemas.items():
        describe_fields(schema, name)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"bearer": []}]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["responses"].pop("422", None)
            operation["responses"] |= _REFUSALS
            describe_parameters(operation.get("parameters", []))
            operation["x-roles"] = sorted(access[operation["operationId"]].roles)
            if method == "post":
                versioned = [_VERSION] if "{" in path else []
                operation["parameters"] = [*operation.get("parameters", []), _KEY, *versioned]
    _say_bounds(document)


_BOUNDS = {"ge": "not before", "gt": "after", "le": "not after", "lt": "before"}
_KEYWORDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def _say_bounds(node: Any) -> None:
    """A bound of a number is spelled as JSON Schema does. A date's has no keyword there: the description says it."""
    if isinstance(node, list):
        for each in node:
            _say_bounds(each)
    elif isinstance(node, dict):
        said = [f"{words} {node.pop(name)}" for name, words in _BOUNDS.items() if isinstance(node.get(name), str)]
        if said:
            sentence = " and ".join(said)
            node["description"] = f"{node.get('description', '')} {sentence[0].upper()}{sentence[1:]}.".strip()
        for name, keyword in _KEYWORDS.items():
            if isinstance(node.get(name), int | float):
                node[keyword] = node.pop(name)
        for each in node.values():
            _say_bounds(each)
