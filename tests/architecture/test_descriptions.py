"""The published OpenAPI documents: valid, complete, with examples that the services take."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel, RootModel

from marketctl.layout import ROOT, SERVICES
from marketctl.services import described
from shared.http.app import Service
from shared.http.command import _command
from shared.migrations import upgrade
from shared.policy import OWNERS
from shared.vocabulary.errors import SetupProblem
from shared.wire import Input
from shared.workshop.testing.client import open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

# Its key is taken by the statement that writes the trade (decision 0003; `register_trades`).
_KEYS_OF_ITS_OWN = {"register_trade"}


def service_of(name: str) -> Service:
    return described(name).load_service()


def document_of(name: str) -> dict[str, Any]:
    document: dict[str, Any] = described(name).load_app().openapi()
    return document


@pytest.mark.parametrize("service", SERVICES)
def test_a_description_is_valid_and_says_who_may_and_how_it_refuses(service: str) -> None:
    document = document_of(service)
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert document["security"]
    for methods in document["paths"].values():
        for method, operation in methods.items():
            assert set(operation["responses"]) > {"4XX", "5XX"}, operation["operationId"]
            assert operation["description"], operation["operationId"]
            assert operation["x-roles"], operation["operationId"]
            keyed = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
            assert keyed == (method == "post"), operation["operationId"]


_VERBS = set(
    [
        "accept",
        "admit",
        "amend",
        "apply",
        "approve",
        "book",
        "change",
        "claim",
        "close",
        "commit",
        "confirm",
        "convert",
        "correct",
        "decide",
        "designate",
        "draft",
        "end",
        "erase",
        "exit",
        "export",
        "file",
        "grant",
        "hold",
        "import",
        "issue",
        "link",
        "list",
        "match",
        "open",
        "pack",
        "pass",
        "preflight",
        "propose",
        "publish",
        "query",
        "read",
        "recognise",
        "record",
        "refund",
        "register",
        "reinstate",
        "reject",
        "release",
        "reopen",
        "report",
        "retry",
        "return",
        "review",
        "seal",
        "set",
        "settle",
        "state",
        "submit",
        "suspend",
        "take",
        "terminate",
        "unmatch",
        "unpack",
        "view",
        "void",
        "withdraw",
    ]
)


def test_an_operation_id_is_a_verb_and_a_noun_and_one_of_its_kind_in_a_service() -> None:
    for service in SERVICES:
        ids = [each["operationId"] for methods in document_of(service)["paths"].values() for each in methods.values()]
        assert len(ids) == len(set(ids))
        words = {each: each.split("_") for each in ids}
        assert [each for each, parts in words.items() if parts[0] not in _VERBS or len(parts) == 1] == []
        assert [each for each, parts in words.items() if {"a", "an", "the"} & set(parts)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_json_body_has_an_example_that_fits_its_schema(service: str) -> None:
    document = document_of(service)
    without = []
    for methods in document["paths"].values():
        body = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        named = body["schema"].get("$ref", "").rpartition("/")[2]
        examples = document["components"]["schemas"].get(named, body["schema"]).get("examples", [])
        if not examples:
            without.append(methods["post"]["operationId"])
        for example in examples:
            Draft202012Validator({**body["schema"], "components": document["components"]}).validate(example)
    assert without == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_takes_its_key_in_the_transaction_of_its_effect(service: str) -> None:
    routes = [route for router in service_of(service).routers for route in router.routes]
    commands = [route for route in routes if isinstance(route, APIRoute) and "POST" in route.methods]
    without = {each.name for each in commands if all(one.call is not _command for one in each.dependant.dependencies)}
    assert commands
    assert without <= _KEYS_OF_ITS_OWN
    assert {method for each in routes if isinstance(each, APIRoute) for method in each.methods} == {"GET", "POST"}


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_caller_sends_has_one_form_in_every_service(service: str) -> None:
    """Nothing unknown is accepted at any depth, and blanks around a text are not part of it."""
    routes = [each for router in service_of(service).routers for each in router.routes if isinstance(each, APIRoute)]
    bodies = {each.body_field.field_info.annotation for each in routes if each.body_field is not None}
    roots = {each for each in bodies if isinstance(each, type) and issubclass(each, RootModel)}
    choices = {choice for root in roots for choice in get_args(root.model_fields["root"].annotation)}
    models = {each for each in (bodies - roots) | choices if isinstance(each, type) and issubclass(each, BaseModel)}
    assert models
    assert [each for each in models if not issubclass(each, Input)] == []
    for model in models:
        schema = model.model_json_schema(mode="validation")
        for each in [schema, *schema.get("$defs", {}).values()]:
            assert each.get("type") != "object" or each["additionalProperties"] is False, (model, each["title"])


def owner_of(service: str, parameter: dict[str, Any]) -> str:
    """The role of the authority whose rule a parameter is."""
    return described(service).parameters.kinds[parameter["name"]].owner


@pytest.mark.parametrize("service", SERVICES)
async def test_the_examples_of_upkeep_are_taken(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    document = document_of(service)
    async with open_door(service_of(service), make_service_database(service), mint, tmp_path) as door:
        (parameter,) = document["components"]["schemas"]["RuleParameter"]["examples"]
        confirmed = await door.set_parameter(parameter, role=owner_of(service, parameter))
        assert parameter.items() <= confirmed.items()
        answer = await door.done("GET", "/v1/policy-parameters", role="system")
        assert {**parameter, "pilot": "longshui"} in answer["items"]
        assert answer["unread"] == []
        (release,) = document["components"]["schemas"]["ReleaseIn"]["examples"]
        refused = await door.call("POST", "/v1/parked/1/releases", release, role="system")
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_shipped_parameter_may_be_set_and_no_other_kind_of_value(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, service: str
) -> None:
    async with open_door(service_of(service), make_service_database(service), mint, tmp_path) as door:
        held = (await door.done("GET", "/v1/policy-parameters", role="system"))["items"]
        for each in held:
            owner = owner_of(service, each)
            own = {name: value for name, value in each.items() if name != "pilot"}
            for value in ("banana", -1, 1.5, None, {"another": 1}, [1]):
                answer = await door.call("POST", "/v1/policy-parameters", {**own, "value": value}, role=owner)
                fields = answer.json()["errors"]
                assert answer.status_code == 422, own
                assert fields
                assert all(field["pointer"].startswith("/value") for field in fields), fields
            others = set(OWNERS) - {owner}
            refused = [await door.call("POST", "/v1/policy-parameters", own, role=role) for role in sorted(others)]
            assert {answer.status_code for answer in refused} == {403}
            assert all(owner in answer.json()["detail"] for answer in refused)
            await door.set_parameter(own, role=owner)
        assert held


async def test_an_unknown_parameter_is_refused_with_those_that_are_known(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path
) -> None:
    async with open_door(service_of("registry"), make_service_database("registry"), mint, tmp_path) as door:
        body = {"name": "sample_switch", "effective_from": "2026-06-01", "value": True, "citation": "order 7"}
        answer = await door.call("POST", "/v1/policy-parameters", body, role="system")
        (field,) = answer.json()["errors"]
        assert (answer.status_code, field["code"], field["pointer"]) == (422, "field_not_a_choice", "/name")
        assert "grade_measures" in str(field)


async def test_a_value_that_an_earlier_version_took_and_this_one_does_not_is_said(
    make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path
) -> None:
    dsn = make_service_database("trade-ledger")
    insert = "INSERT INTO policy_parameters (name, pilot, effective_from, value, citation) VALUES (%s, %s, %s, %s, 'x')"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(insert, ("sampling_every", "longshui", "2026-06-01", "1000001"))
        connection.execute(insert, ("sample_switch", "*", "2026-06-01", "true"))
    async with open_door(service_of("trade-ledger"), dsn, mint, tmp_path) as door:
        answer = await door.done("GET", "/v1/policy-parameters", role="system")
        assert {each["name"]: each["pilot"] for each in answer["unread"]} == {
            "sampling_every": "longshui",
            "sample_switch": "*",
        }
        assert all(each["reason"] for each in answer["unread"])
        assert len(answer["items"]) == len(described("trade-ledger").parameters.shipped)
    with pytest.raises(SetupProblem, match="sampling_every of longshui from 2026-06-01"):
        upgrade(ROOT / "services" / "trade-ledger", dsn)
