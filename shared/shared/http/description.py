"""Adds to the OpenAPI document what FastAPI can't know: tokens, idempotency keys, versions and problem responses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any

from shared.http.access import Access
from shared.http.problems import FORM_CODES, MEDIA_TYPE, Catalogue
from shared.http.reach import asks_version, texts_reached
from shared.scope import NAMED
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
                "properties": {
                    **{name: {"type": "string"} for name in _ERROR_TEXTS},
                    "rule": _RULE,
                    "choices": {"type": "array", "items": {"type": "string"}},
                },
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
    "required": True,
    "description": "ETag of the version that the caller decided on; another one is refused with 412.",
    "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
}
_BEHALF = {
    "name": "On-Behalf-Of",
    "in": "header",
    "required": False,
    "description": "id of the party for which the caller acts; a delegation in force must let it do this (V65)",
    "schema": {"type": "string", "format": "uuid"},
}
_ALWAYS = {"forbidden", "internal_error", "not_authenticated", "rate_limited", "unavailable"}
_OF_COMMANDS = {"needs_reconciling", "not_compared", "storage_exhausted"}
_OF_READING = (FORM_CODES | {"malformed_cursor"}) - {"body_missing", "body_not_json"}
_OF_WRITING = ("body_", "idempotency_", "unsupported_")
_OF_VERSIONS = {"stale_version", "version_missing"}
_UNKNOWN = {"Hidden", "NotFound"}


def describe(
    document: dict[str, Any],
    access: Access,
    catalogue: Catalogue,
    operations: Mapping[str, Callable[..., Any]],
    delegated: Collection[str] = (),
) -> None:
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
            reached = texts_reached(operations[operation["operationId"]])
            versioned = asks_version(reached)
            codes = _general(path, method, catalogue) | (reached & catalogue.problems.keys())
            codes |= _OF_VERSIONS if versioned else set()
            codes |= {"not_found"} if reached & _UNKNOWN else set()
            codes |= set(operation.pop("x-codes", ()))
            codes |= (
                {"malformed_cursor"} if any(p["name"] == "cursor" for p in operation.get("parameters", ())) else set()
            )
            codes |= {"delegate_not_in_force"} if operation["operationId"] in delegated else set()
            codes |= {"party_not_filed"} if access[operation["operationId"]].roles & NAMED.keys() else set()
            operation["responses"].pop("422", None)
            operation["responses"] |= {**_by_status(codes, catalogue), **_REFUSALS}
            describe_parameters(operation.get("parameters", []))
            operation["x-roles"] = sorted(access[operation["operationId"]].roles)
            if method == "post":
                added = [_KEY, _VERSION] if versioned else [_KEY]
                operation["parameters"] = [*operation.get("parameters", []), *added]
            if operation["operationId"] in delegated:
                operation["parameters"] = [*operation.get("parameters", []), _BEHALF]
    _say_bounds(document)


def _general(path: str, method: str, catalogue: Catalogue) -> set[str]:
    """The codes of the HTTP mechanism itself, which no route names."""
    found = {"not_found"} if "{" in path else set()
    if method != "post":
        return _ALWAYS | found | _OF_READING
    found |= _OF_COMMANDS | FORM_CODES
    return _ALWAYS | found | {code for code in catalogue.problems if code.startswith(_OF_WRITING)}


def _by_status(codes: set[str], catalogue: Catalogue) -> dict[str, Any]:
    """A response for each status that these codes have, with the codes that it may carry."""
    of_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        of_status.setdefault(catalogue[code].status, []).append(code)
    return {
        str(status): {
            "description": f"`code` is one of: {', '.join(listed)}.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            "x-codes": listed,
        }
        for status, listed in sorted(of_status.items())
    }


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
