"""What a caller may only read, it can't write: every such field, in every object of every command's body (API3)."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from marketctl.layout import ROOT
from shared.scope import NAMED

# Their types are in conftest.py, which can't be imported: pytest runs in importlib mode.
Market, Asked = Any, Any
pytestmark = pytest.mark.timeout(600)

_REFERENCE = re.compile(r"#/components/schemas/(\w+)")
# Any object may stand here; each parameter has its own form.
_FREE = {("set_policy_parameter", "/value")}
# An answer tells a hundred errors at most.
_AT_ONCE = 90
_LEAST_COMMANDS = 70


def names(schema: Any) -> set[str]:
    """Every property that a schema names, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(names, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties", {})
    return set(own) | set().union(*map(names, schema.values())) if schema else set()


def read_only(service: str) -> list[str]:
    """What answers of a service show and none of its commands takes."""
    document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
    schemas = document["components"]["schemas"]
    asked = [each["post"].get("requestBody", {}) for each in document["paths"].values() if "post" in each]
    named = set(_REFERENCE.findall(json.dumps(asked)))
    while more := set(_REFERENCE.findall(json.dumps([schemas[name] for name in named]))) - named:
        named |= more
    taken, shown = (set().union(*(names(schemas[name]) for name in some)) for some in (named, schemas.keys() - named))
    return sorted(shown - taken)


def places(body: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a body, with where it stands."""
    if isinstance(body, dict):
        yield pointer, body
        for name, value in list(body.items()):
            yield from places(value, f"{pointer}/{name}")
    elif isinstance(body, list):
        for n, value in enumerate(body):
            yield from places(value, f"{pointer}/{n}")


def who_may(market: Market, asked: Asked) -> dict[str, str]:
    roles = sorted(market.access[asked.service, asked.operation].roles)
    role = next((each for each in roles if each not in NAMED or market.parties[each]), roles[0])
    return {"role": role} | ({f"{NAMED[role]}_id": market.parties[role][0]} if role in NAMED else {})


def taken(market: Market, asked: Asked) -> list[str]:
    """The read-only fields that a command didn't refuse, each with its place."""
    wrong = []
    fields, who = read_only(asked.service), who_may(market, asked)
    for n, (pointer, _) in enumerate(places(asked.body)):
        if any(asked.operation == name and pointer.startswith(free) for name, free in _FREE):
            continue
        for start in range(0, len(fields), _AT_ONCE):
            body = copy.deepcopy(asked.body)
            place = list(places(body))[n][1]
            more = [name for name in fields[start : start + _AT_ONCE] if name not in place]
            place |= dict.fromkeys(more, "1")
            answer = market.send(replace(asked, body=body), **who)
            errors = answer.json().get("errors", []) if answer.status_code == 422 else []
            refused = {each["pointer"] for each in errors if each["code"] == "field_unknown"}
            missing = {f"{pointer}/{name}" for name in more} - refused
            wrong += [f"{asked.service} {asked.operation} {answer.status_code} {each}" for each in sorted(missing)]
    return wrong


def test_no_command_takes_a_field_that_is_only_read(market: Market) -> None:
    takers = {name for name, operation in market.operations.items() if operation.body}
    commands = [each for each in market.commands(1) if (each.service, each.operation) in takers]
    assert all(isinstance(each.body, dict) for each in commands)
    assert [each for command in commands for each in taken(market, command)] == []
    assert len({(each.service, each.operation) for each in commands}) >= _LEAST_COMMANDS
    assert all(len(read_only(each.service)) > 20 for each in commands)
