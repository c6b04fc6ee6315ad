"""Every coded value of a request is a closed choice: an unknown word is refused with the choices."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.events.registry import QualificationKind
from shared.vocabulary.choices import VALUES_OF_QUALIFICATIONS, all_choices, value_choices
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

SUBJECT = "019a0000-0000-7000-8000-0000000000aa"
PARTY = {name: UUID(int=0x019A << 112 | n) for n, name in enumerate(("subject_id", "bank_id", "site_id"), 1)}
UNKNOWN = "某某"
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Coded:
    """A coded value in a request: the way to it, its codes, and the values that tell which form is meant."""

    path: tuple[str | int, ...]
    codes: tuple[str, ...]
    told: tuple[tuple[str, str], ...] = ()

    def body(self, value: str) -> Any:
        """A body with the value in its place and nothing else."""
        body: Any = value
        for part in reversed(self.path):
            body = [body] if isinstance(part, int) else {part: body}
        return {**dict(self.told), **body}

    @property
    def pointer(self) -> str:
        return "".join(f"/{part}" for part in self.path)


def coded_in(schema: Any, document: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[Coded]:
    """The values of a schema that have an enumeration, at any depth."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        yield Coded(path, tuple(each for each in schema["enum"] if each))
    for form in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from coded_in(form, document, path)
    if "items" in schema:
        yield from coded_in(schema["items"], document, (*path, 0))
    if "enum" in schema.get("propertyNames", ()):
        yield from coded_in(schema["additionalProperties"], document, (*path, schema["propertyNames"]["enum"][0]))
    fields = schema.get("properties", {})
    told = tuple((name, field["const"]) for name, field in fields.items() if "const" in field)
    for name, field in fields.items():
        for each in coded_in(field, document, (*path, name)):
            yield Coded(each.path, each.codes, each.told if path else told or each.told)


@dataclass(frozen=True)
class Asked:
    """A request that holds a coded value."""

    method: str
    address: str
    role: str
    coded: Coded
    where: str


def asked_of(service: str) -> Iterator[Asked]:
    """Every coded value of a service's requests, as its OpenAPI document says them."""
    document = described(service).load_app().openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            role = operation["x-roles"][0]
            for each in operation.get("parameters", ()):
                for coded in coded_in(each["schema"], document, (each["name"],)):
                    yield Asked(method.upper(), path, role, coded, each["in"])
            form = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for coded in coded_in(form, document):
                yield Asked(method.upper(), path, role, coded, "body")


@pytest.fixture
async def door(
    service: str, make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any
) -> AsyncIterator[Door]:
    async with open_door(described(service).load_service(), make_service_database(service), mint, tmp_path) as opened:
        async with opened.as_worker() as session:
            await file_party(session, service, PARTY)
        yield opened


async def refused_at(door: Door, asked: Asked, word: str) -> list[dict[str, Any]]:
    """What is said of the value when it is this word."""
    path, body = asked.address, None
    if asked.where == "path":
        path = path.replace(f"{{{asked.coded.path[0]}}}", word)
    path = re.sub(r"\{[a-z_]+\}", SUBJECT, path.replace("{role}", "buyer"))
    if asked.where == "query":
        path += f"?{asked.coded.path[0]}={word}"
    elif asked.method == "POST":
        body = asked.coded.body(word) if asked.where == "body" else {}
    how: dict[str, Any] = {"role": asked.role, **PARTY, "version": 1 if asked.method == "POST" else None}
    answer = await door.call(asked.method, path, body, **how)
    return [each for each in answer.json()["errors"] if each["pointer"] == asked.coded.pointer]


@pytest.mark.parametrize("service", SERVICES)
async def test_an_unknown_word_is_refused_with_the_choices_in_each_coded_field(service: str, door: Door) -> None:
    found = list(asked_of(service))
    assert len(found) > 4
    known = {choices.codes for choices in all_choices().values()}
    for asked in found:
        (told,) = await refused_at(door, asked, UNKNOWN)
        assert told["code"] == "field_not_a_choice", (asked, told)
        assert set(told.get("choices", ())) == set(asked.coded.codes), (asked, told)
        assert tuple(told["choices"]) in known, asked
        assert all(code in told["message"] and code in told["message_zh"] for code in asked.coded.codes), told
        assert CHINESE.search(told["message"]), told


@pytest.mark.parametrize("service", SERVICES)
async def test_a_word_for_a_code_is_no_error_of_its_field(service: str, door: Door) -> None:
    """A word that is read may be refused for the rest of the request, never for itself."""
    words = {choices.codes: choices for choices in all_choices().values()}
    once = {asked.coded.codes: asked for asked in asked_of(service) if asked.where == "body"}
    assert once
    for codes, asked in once.items():
        choices = next(each for each in words.values() if set(each.codes) == set(codes))
        for word in (codes[-1].upper(), choices.words[codes[-1]][0]):
            if asked.address != "/v1/policy-parameters":
                assert await refused_at(door, asked, word) == [], (asked, word)


@pytest.mark.parametrize("service", ["registry"])
async def test_a_qualifications_value_is_a_choice_of_its_kind(service: str, door: Door) -> None:
    assert tuple(VALUES_OF_QUALIFICATIONS) == get_args(QualificationKind)
    schema = described(service).load_app().openapi()["components"]["schemas"]["QualificationIn"]
    published = {
        each["if"]["properties"]["kind"]["const"]: tuple(each["then"]["properties"]["value"]["enum"])
        for each in schema["allOf"]
    }
    stated = {kind: choices.codes for kind in VALUES_OF_QUALIFICATIONS if (choices := value_choices(kind))}
    assert published == stated
    path = f"/v1/subjects/{SUBJECT}/qualifications"
    for kind, codes in published.items():
        body = {"kind": kind, "value": UNKNOWN, "valid_from": "2026-01-01"}
        answer = await door.call("POST", path, body, role="commerce", version=1)
        (told,) = answer.json()["errors"]
        assert (answer.status_code, told["code"], told["pointer"]) == (422, "field_not_a_choice", "/value")
        assert tuple(told["choices"]) == codes
        nested = await door.call("POST", "/v1/subjects", {"qualifications": [body]}, role="commerce")
        assert "/qualifications/0/value" in [each["pointer"] for each in nested.json()["errors"]]
