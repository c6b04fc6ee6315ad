"""Ids in the bodies of commands: which fields hold one, and whether somebody else's is answered like an unknown one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from shared.workshop.testing.client import Door

Field = tuple[str, str]
"""A command's operation id, and the pointer to a field of its body; `*` stands for each entry of a list."""
Told = tuple[int, str, int]
"""Of an answer: its status, its body but for what is made anew, and of a refusal how many statements it took."""
_NAMES = re.compile(r"(_id|_ids|_number|_numbers|/port|/corrects|/number)$")
_MADE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[A-Z]{2}-[A-Z]{2}-\d{7}-\d\b|\b[0-9a-f]{32}\b"
)


def id_fields(document: dict[str, Any]) -> set[Field]:
    """Every field of every command's JSON body that names something: by its form, a UUID, or by its name."""
    schemas = document["components"]["schemas"]
    found = set()
    for methods in document["paths"].values():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}) if method != "get" else {}
            for pointer, schema in _texts(content.get("application/json", {}).get("schema", {}), schemas, "", ()):
                if schema.get("format") == "uuid" or _NAMES.search(pointer.removesuffix("/*")):
                    found.add((operation["operationId"], pointer))
    return found


def _texts(
    schema: dict[str, Any], schemas: dict[str, Any], pointer: str, within: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name and name not in within:
        yield from _texts(schemas[name], schemas, pointer, (*within, name))
    for kind in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(kind, ()):
            yield from _texts(each, schemas, pointer, within)
    if isinstance(schema.get("items"), dict):
        yield from _texts(schema["items"], schemas, f"{pointer}/*", within)
    for part, each in schema.get("properties", {}).items():
        yield from _texts(each, schemas, f"{pointer}/{part}", within)
    if schema.get("type") == "string" and "enum" not in schema:
        yield pointer, schema


THIS = "this"
"""Stands in a body where the id goes."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A command whose body names a thing where `THIS` stands.

    `right` is an id that the caller may name, or None where a rule forbids each; `foreign` are ids of others' things;
    `unknown` is one that nothing has.
    """

    operation: str
    path: str
    body: Any
    right: str | None
    foreign: list[str]
    who: dict[str, Any]
    version: int | None = None
    unknown: str = field(default_factory=lambda: str(uuid4()))

    def named(self, named: str) -> Any:
        return _with(self.body, named)

    @property
    def field(self) -> Field:
        return self.operation, next(_places(self.body, ""))


def _with(body: Any, named: str) -> Any:
    if isinstance(body, dict):
        return {name: _with(each, named) for name, each in body.items()}
    if isinstance(body, list):
        return [_with(each, named) for each in body]
    return named if body == THIS else body


def _places(body: Any, pointer: str) -> Iterator[str]:
    if isinstance(body, dict):
        for name, each in body.items():
            yield from _places(each, f"{pointer}/{name}")
    elif isinstance(body, list):
        for each in body:
            yield from _places(each, f"{pointer}/*")
    elif body == THIS:
        yield pointer


async def told_apart(door: Door, namings: AsyncIterator[Naming]) -> tuple[set[Field], list[str]]:
    """The fields that were asked about, and every foreign id that is answered in another way than an unknown one.

    Each command is sent with the right id afterwards, and is taken then: what was compared is the answer to the id.
    Where any id is taken, each is sent by itself, as the unknown one of a naming.
    """
    asked: dict[Field, Told] = {}
    apart = []
    async for each in namings:
        expected = await _told(door, each, each.unknown)
        found = {named: await _told(door, each, named) for named in each.foreign}
        if each.right is None and not each.foreign:
            found[each.unknown] = asked.get(each.field, expected)
        asked[each.field] = expected
        apart += [f"{each.field}: {told} and not {expected}" for told in found.values() if told != expected]
        if each.right is not None:
            answer = await _sent(door, each, each.right)
            assert answer.is_success, (each.field, answer.text)
    return set(asked), apart


async def _sent(door: Door, naming: Naming, named: str) -> httpx.Response:
    return await door.call("POST", naming.path, naming.named(named), version=naming.version, **naming.who)


async def _told(door: Door, naming: Naming, named: str) -> Told:
    answer = await _sent(door, naming, named)
    if answer.is_success:
        return answer.status_code, "", 0
    # Counted the second time: the first one may fill what the process remembers.
    with door.statements() as sent:
        await _sent(door, naming, named)
    return answer.status_code, _MADE.sub("…", answer.text.replace(named, "…")), len(sent)
