"""What the fields of published bodies and events mean: one text for each name, written into every document."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

_SHAPES = {
    "uuid": "UUID.",
    "date": "Date as YYYY-MM-DD, in Beijing time.",
    "date-time": "Instant with its offset (RFC 3339).",
}
_NESTED = ("anyOf", "oneOf", "allOf")


@cache
def meanings() -> dict[str, str]:
    """The text of each field name, and of `Model.field` where a model means something else."""
    read = tomllib.loads(files("shared.vocabulary").joinpath("fields.toml").read_text("utf-8"))
    return {**read["every"], **read["only"]}


def properties(schema: Any, model: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each property in a JSON Schema, at any depth, with the name of the model that it stands in."""
    if isinstance(schema, list):
        for each in schema:
            yield from properties(each, model)
        return
    if not isinstance(schema, dict):
        return
    for name, field in schema.get("properties", {}).items():
        yield model, name, field
        yield from properties(field, model)
    for name, part in schema.get("$defs", {}).items():
        yield from properties(part, name)
    for key in ("items", "prefixItems", "additionalProperties", *_NESTED):
        yield from properties(schema.get(key), model)


def describe_fields(schema: Any, model: str) -> None:
    """Give each property its meaning with unit and shape, in place; a text that it has already stands between them."""
    for owner, name, field in properties(schema, model):
        meaning = meanings().get(f"{owner}.{name}", meanings().get(name, ""))
        said = [meaning, *(text for text in _shapes(field) if text not in meaning)]
        text = " ".join(dict.fromkeys(each for each in said if each))
        if text:
            field["description"] = text


def describe_parameters(parameters: list[dict[str, Any]]) -> None:
    """Give each parameter of an operation its meaning, in place, unless it says what it is itself."""
    for each in parameters:
        each.setdefault("description", meanings().get(each["name"], ""))


def _shapes(field: dict[str, Any]) -> Iterator[str]:
    if "description" in field:
        yield field["description"]
    elif field.get("format") in _SHAPES:
        yield _SHAPES[field["format"]]
    for key in ("items", *_NESTED):
        nested = field.get(key, [])
        for each in nested if isinstance(nested, list) else [nested]:
            yield from _shapes(each)
