"""The published documents can be read by tools: references resolve, every field is described, events have examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from marketctl.contract.generate import openapi_of
from marketctl.contract.references import dangling
from marketctl.layout import ROOT, SERVICES
from shared.events.catalogue import EVENT_TYPES, TOPICS
from shared.events.contract import asyncapi, schema_of
from shared.vocabulary.fields import meanings, properties

DOCUMENTS: dict[str, dict[str, Any]] = {
    "asyncapi": asyncapi(),
    **{f"openapi/{service}": openapi_of(service) for service in SERVICES},
    **{f"events/{name}": schema_of(event) for name, event in EVENT_TYPES.items()},
}


def models_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named models of a document; an event's schema is one itself."""
    if "components" in document:
        yield from document["components"]["schemas"].items()
    else:
        yield document["title"], document


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_reference_of_a_published_document_resolves_within_it(name: str) -> None:
    assert dangling(DOCUMENTS[name]) == []


@pytest.mark.parametrize("reference", ["#/$defs/Gone", "#/components/schemas/A/x", "other.json#/$defs/A", "A"])
def test_a_reference_that_leads_nowhere_is_found(reference: str) -> None:
    document = {
        "components": {"schemas": {"A": {"items": {"$ref": reference}, "not": {"$ref": "#/components/schemas"}}}}
    }
    assert dangling(document) == [reference]


def described(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Owner, name and description of each property and parameter."""
    for model, schema in models_of(document):
        for owner, name, field in properties(schema, model):
            yield owner, name, field.get("description", "")
    for methods in document.get("paths", {}).values():
        for operation in methods.values():
            for each in operation.get("parameters", []):
                yield operation["operationId"], each["name"], each.get("description", "")


def test_every_property_and_parameter_is_described_in_fields_toml() -> None:
    found = [each for document in DOCUMENTS.values() for each in described(document)]
    without = {f"{owner}.{name}" for owner, name, text in found if not text}
    assert without == set(), "add its name and meaning to shared/shared/vocabulary/fields.toml"
    used = {name for _, name, _ in found} | {f"{owner}.{name}" for owner, name, _ in found}
    assert meanings().keys() - used == set(), "no published document has these any more"


@pytest.mark.parametrize("event", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_the_example_of_an_event_fits_its_schema_and_its_model(event: Any) -> None:
    (example,) = asyncapi()["components"]["messages"][event.TYPE]["examples"]
    Draft202012Validator(schema_of(event), format_checker=FormatChecker()).validate(example["payload"])
    event.model_validate(example["payload"])


def test_every_topic_says_its_key_order_duplicates_retention_and_replay() -> None:
    for topic in TOPICS.values():
        channel = asyncapi()["channels"][topic.name]
        said = channel["description"]
        assert topic.key in said
        assert all(f"**{each}:**" in said for each in ("Key", "Order", "Duplicates", "Retention", "Replay"))
        assert channel["messages"]


def test_a_bound_is_spelled_as_json_schema_does() -> None:
    """`ge` and its like are pydantic's own words, which no tool reads."""
    names = {f'"{name}":' for name in ("ge", "gt", "le", "lt")}
    found = [
        file.name for file in (ROOT / "docs").rglob("*.json") if any(name in file.read_text("utf-8") for name in names)
    ]
    assert found == []
