"""No parameter of a query is ignored, and the lists can be asked by what people ask by."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.http.access import operation_of
from shared.workshop.testing.client import Door, open_door
from shared.workshop.testing.services import MakeServiceDatabase
from shared.workshop.testing.tokens import ServedMint

UNKNOWN = "019a0000-0000-7000-8000-0000000000aa"
# Each role's token names its party.
PARTY = {name: UUID(int=0x019A << 112 | n) for n, name in enumerate(("subject_id", "bank_id", "site_id"), 1)}
LISTS = {
    "list_subjects": "number role status name updated_since",
    "list_export_agencies": "number party status updated_since",
    "list_procurement_agencies": "number party status updated_since",
    "list_trades": "number external_ref seller_id owner_id consignor_id buyer_id status month updated_since",
    "list_packing_lists": "number consignor_id status container_number updated_since",
    "list_declarations": "number customs_number consignor_id declarant_id status month updated_since",
    "list_collections": "number bank_reference bank_id collector_id buyer_id month updated_since",
    "list_entitlements": "declaration_number customs_number collector_id updated_since",
    "list_holds": "number status collector_id",
    "list_pass_ons": "number bank_reference bank_id agent_id principal_id month updated_since",
    "list_conversions": "number bank_reference bank_id holder_id month updated_since",
    "list_payables": "agent_id principal_id",
    "list_balances": "holder_id",
    "list_customs_rates": "month currency",
    "list_items": "month customs_number stall_holder_id",
    "list_returns": "number month status stall_holder_id filer_id outside_reference updated_since",
    "list_certificates": "number issued_number customs_number operator_id principal_id status updated_since",
    "list_journal": "",
    "list_audit_entries": "",
    "list_parked_events": "",
}


def routes_of(service: str) -> list[tuple[APIRoute, str]]:
    """Each route with a role that may call it."""
    served = described(service).load_service()
    routes = [each for router in served.routers for each in router.routes if isinstance(each, APIRoute)]
    return [(each, min(served.access[operation_of(each)].roles)) for each in routes]


@pytest.fixture
async def door(
    service: str, make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path, file_party: Any
) -> AsyncIterator[Door]:
    served = described(service).load_service()
    async with open_door(served, make_service_database(service), mint, tmp_path) as opened:
        async with opened.as_worker() as session:
            await file_party(session, service, PARTY)
        yield opened


@pytest.mark.parametrize("service", SERVICES)
async def test_a_parameter_that_is_not_known_or_stands_twice_is_refused_by_name(service: str, door: Door) -> None:
    for route, role in routes_of(service):
        path = re.sub(r"\{[a-z_]+\}", UNKNOWN, route.path.replace("{role}", "buyer").replace("{parked_id}", "1"))
        known = [each.alias for each in get_flat_params(route.dependant) if f"{{{each.alias}}}" not in route.path]
        (method,) = route.methods
        answer = await door.call(method, f"{path}?limt=1&x=1&x=2", role=role, **PARTY)
        told = {each["pointer"]: each for each in answer.json()["errors"]}
        assert (answer.status_code, answer.json()["code"]) == (422, "parameter_unknown"), (path, answer.text)
        assert {"/limt", "/x"} <= set(told)
        if "limit" in known:
            assert "limit" in told["/limt"]["message"]
            twice = await door.call(method, f"{path}?limit=1&limit=2", role=role, **PARTY)
            assert (twice.status_code, twice.json()["code"]) == (422, "parameter_repeated"), (path, twice.text)


def test_the_lists_can_be_asked_by_what_people_ask_by_and_page_in_one_way() -> None:
    told = {
        route.name: {each.alias for each in get_flat_params(route.dependant)}
        for service in SERVICES
        for route, _ in routes_of(service)
    }
    for name, asked in LISTS.items():
        assert told[name] >= {*asked.split(), "limit", "cursor"}, name
    paged = {name for name, known in told.items() if "cursor" in known or "limit" in known}
    assert all({"cursor", "limit"} <= told[name] for name in paged)
    assert not {name for name, known in told.items() if known & {"after", "before", "offset", "page"}}


# What looks like a list and is the content of one thing: its name, and why it has an end.
_ONE_THING = {
    "preflight_declaration": "the items of one declaration, at most 50",
    "read_trade_job_report": "the report of one file, as a request that waits for it gets it",
    "recognise_goods": "the best candidates of one description",
    "read_archive": "the file of one agent on one day",
}
_ASKED_BY = set(
    [
        "number",
        "external_ref",
        "bank_reference",
        "customs_number",
        "issued_number",
        "outside_reference",
        "container_number",
        "status",
        "month",
        "seller_id",
        "owner_id",
        "consignor_id",
        "declarant_id",
        "buyer_id",
        "collector_id",
        "agent_id",
        "principal_id",
        "holder_id",
        "operator_id",
        "stall_holder_id",
        "filer_id",
        "bank_id",
        "declaration_id",
        "collection_id",
    ]
)
# A list whose rows are found otherwise, and by what.
_FOUND_OTHERWISE = {
    "list_audit_entries": {"status"},  # of an HTTP answer
    "list_entitlements": {"declaration_id"},  # is the id by which the whole is read
    "list_holds": {"collection_id"},  # the collection's own answer
    "list_items": {"declaration_id"},  # by customs' number
    "list_certificates": {"declaration_id"},  # by customs' number
    "list_rate_decisions": {"number", "status", "month", "declaration_id"},  # all of one rate
    "list_calendar_decisions": {"number", "status", "month"},  # all of one day
    "list_export_agencies": {"agent_id", "principal_id"},  # `party` is either
    "list_procurement_agencies": {"agent_id", "principal_id"},
}


def _lists(service: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], set[str]]]:
    """Of each GET that may answer many: its id, its answer, one of the many, and its parameters."""
    document = described(service).load_app().openapi()

    def resolved(schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    for path, methods in document["paths"].items():
        operation = methods.get("get", {})
        name = operation.get("operationId", "")
        content = operation.get("responses", {}).get("200", {}).get("content", {})
        answer = resolved(content.get("application/json", {}).get("schema", {}))
        fields = answer.get("properties", {})
        many = answer.get("type") == "array" or any(resolved(each).get("type") == "array" for each in fields.values())
        # What is read by its own id is one thing, whatever it holds.
        if name.startswith("list_") or (many and name not in _ONE_THING and not path.endswith("}")):
            parameters = {each["name"] for each in operation.get("parameters", [])}
            yield name, answer, resolved(fields.get("items", {}).get("items", {})), parameters


@pytest.mark.parametrize("service", SERVICES)
def test_every_get_that_answers_many_answers_pages(service: str) -> None:
    found = list(_lists(service))
    assert len(found) >= 5
    for name, answer, _, parameters in found:
        assert answer.get("type") == "object", name
        assert {"items", "next_cursor"} <= set(answer["properties"]), name
        assert {"limit", "cursor"} <= parameters, name


@pytest.mark.parametrize("service", SERVICES)
def test_a_list_takes_what_people_ask_by_where_its_items_have_it(service: str) -> None:
    lacking = {
        name: sorted((set(item.get("properties", {})) & _ASKED_BY) - parameters - _FOUND_OTHERWISE.get(name, set()))
        for name, _, item, parameters in _lists(service)
    }
    assert {name: names for name, names in lacking.items() if names} == {}


@pytest.mark.parametrize("service", SERVICES)
async def test_rule_parameters_are_read_page_by_page(service: str, door: Door) -> None:
    whole = (await door.done("GET", "/v1/policy-parameters?limit=200", role="auditor"))["items"]
    assert len(whole) > 1
    assert await door.paged("/v1/policy-parameters", role="auditor") == whole


@pytest.mark.parametrize("service", SERVICES)
async def test_a_cursor_that_is_none_is_refused_by_every_list(service: str, door: Door) -> None:
    """Also one of another list, and one that the database couldn't store; none answers the first page again."""
    cursors = ["AA", "W10", "WyJcdTAwMDAiXQ", _cursor(["2026-13-01"]), _cursor(["x"] * 4), _cursor(["9" * 20]), "é"]
    for route, role in routes_of(service):
        known = {each.alias for each in get_flat_params(route.dependant)}
        if "cursor" not in known or "GET" not in route.methods:
            continue
        path = re.sub(r"\{[a-z_]+\}", UNKNOWN, route.path)
        month = "&month=2026-05" if route.name == "list_middle_rates" else ""
        for cursor in cursors:
            how = {"role": role, **PARTY}
            answer = await door.call("GET", f"{path}?cursor={quote(cursor)}{month}", **how)
            assert answer.status_code in (404, 422) or "items" in answer.json(), (path, cursor, answer.text)
            assert answer.status_code < 500, (path, cursor)


def _cursor(keys: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


@pytest.mark.parametrize("service", SERVICES)
async def test_each_filter_of_a_list_is_answered(service: str, door: Door) -> None:
    values = {"month": "2026-05", "updated_since": "2026-05-13T00:00:00Z", "status": None, "role": "buyer"}
    values["currency"] = "USD"
    for route, role in routes_of(service):
        for name in LISTS.get(route.name, "").split():
            value = values.get(name, UNKNOWN if name.endswith("_id") or name == "party" else "X-1")
            if value is not None:
                how = {"role": role, **PARTY}
                query = f"{name}={value.replace(':', '%3A')}"
                answer = await door.call("GET", f"{route.path}?{query}", **how)
                # The caller itself has every role.
                found = 1 if name == "role" else 0
                assert answer.status_code == 200, (route.path, query, answer.text)
                assert len(answer.json()["items"]) == found, (route.path, query, answer.text)
