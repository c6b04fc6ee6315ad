"""An example of each event's content, made from its schema: of every field the same, well-formed value."""

from __future__ import annotations

from typing import Any

from shared.events.base import Event

_BY_FORMAT = {
    "uuid": "019a3c1e-7a10-7c52-9b1d-0d5c5d1c0e02",
    "date": "2026-05-13",
    "date-time": "2026-05-13T01:00:00Z",
}
# Texts whose form no schema says; all else is "text".
_BY_NAME = {
    "pilot": "longshui",
    "number": "LS-TR-0000001-0",
    "trade_number": "LS-TR-0000001-0",
    "goods_name": "活动扳手",
    "unit": "把",
    "statutory_unit": "千克",
    "hs_prefix": "8204",
    "month": "2026-05",
    "stall_number": "02-000001",
    "latitude": "28.9",
    "longitude": "112.9",
}


def example_of(event: type[Event]) -> dict[str, Any]:
    """A content that the event's own model reads."""
    schema = event.model_json_schema(mode="serialization")
    made: dict[str, Any] = _value(schema, "", schema.get("$defs", {}))
    return made


def _value(schema: dict[str, Any], name: str, parts: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(parts[schema["$ref"].rpartition("/")[2]], name, parts)
    for fixed in ("const", "default"):
        if schema.get(fixed) is not None:
            return schema[fixed]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], name, parts)
    return _of_type(schema, name, parts)


def _of_type(schema: dict[str, Any], name: str, parts: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {field: _value(each, field, parts) for field, each in schema.get("properties", {}).items()}
    if kind == "array":
        within = schema.get("prefixItems") or [schema["items"]] * max(schema.get("minItems", 1), 1)
        return [_value(each, name, parts) for each in within]
    if kind == "string":
        known = _BY_FORMAT.get(schema.get("format", ""), _BY_NAME.get(name, "text"))
        return schema.get("examples", [known])[0]
    return {"boolean": True, "integer": 1, "number": 1.5}.get(str(kind))
