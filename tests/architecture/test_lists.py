"""Lists carry heads: what an aggregate has many of is read with the whole, by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from marketctl.layout import ROOT, SERVICES

BOUNDED = {
    ("list_balances", "accounts"): "a sum has no id; a party has an account or two at a bank",
    ("list_payables", "accounts"): "a sum has no id; a party has an account or two at a bank",
    ("list_collections", "blocked_by"): "a code for each reason, of six",
    ("list_conflicts", "freezes"): "of three words",
    ("list_delegations", "acts"): "of the acts that may be delegated",
    ("list_pilots", "content.bounds"): "the caller's one pilot",
    ("list_pilots", "content.customs_offices"): "the caller's one pilot",
    ("list_policy_parameters", "value"): "a parameter is its value, within its bounds",
    ("list_subject_amendments", "changes"): "of three words",
    ("list_subjects", "filings"): "one for each role",
    ("list_trades", "lacks"): "of one word",
}


def _kinds(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a value may be."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    yield schema
    for each in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from _kinds(each, schemas)


def _inner_lists(schema: dict[str, Any], schemas: dict[str, Any], path: str = "") -> Iterator[str]:
    for kind in _kinds(schema, schemas):
        if kind.get("type") == "array":
            yield path
        for name, each in kind.get("properties", {}).items():
            yield from _inner_lists(each, schemas, f"{path}.{name}".lstrip("."))


def _pages(service: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each operation that reads a list, with the schema of an item and all schemas."""
    document = json.loads((ROOT / "docs" / "openapi" / f"{service}.json").read_text("utf-8"))
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        operation = methods.get("get", {})
        if any(each["name"] == "cursor" for each in operation.get("parameters", ())):
            (page,) = _kinds(operation["responses"]["200"]["content"]["application/json"]["schema"], schemas)
            yield operation["operationId"], page["properties"]["items"]["items"], schemas


@pytest.mark.parametrize("service", SERVICES)
def test_an_item_of_a_list_has_no_list_that_grows(service: str) -> None:
    pages = list(_pages(service))
    assert len(pages) > 5
    found = {(name, path) for name, item, schemas in pages for path in _inner_lists(item, schemas)}
    assert found - BOUNDED.keys() == set(), "give the list a summary, and let the whole be read by its id"


def test_every_exception_is_needed() -> None:
    pages = [each for service in SERVICES for each in _pages(service)]
    found = {(name, path) for name, item, schemas in pages for path in _inner_lists(item, schemas)}
    assert BOUNDED.keys() - found == set()
