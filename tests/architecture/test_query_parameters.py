"""No parameter of a query is ignored, and the lists can be asked by what people ask by."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

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
LISTS = {
    "list_subjects": "number role status name updated_since",
    "list_export_agencies": "number party status updated_since",
    "list_procurement_agencies": "number party status updated_since",
    "list_trades": "number external_ref seller_id consignor_id buyer_id status month updated_since",
    "list_packing_lists": "number consignor_id status container_number updated_since",
    "list_declarations": "number customs_number consignor_id declarant_id status month updated_since",
    "list_collections": "number bank_reference collector_id buyer_id month updated_since",
    "list_entitlements": "customs_number collector_id updated_since",
    "list_holds": "number status collector_id",
    "list_pass_ons": "number bank_reference agent_id principal_id month",
    "list_conversions": "number bank_reference holder_id month",
    "list_items": "month customs_number stall_holder_id",
    "list_returns": "number month status stall_holder_id outside_reference updated_since",
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
    service: str, make_service_database: MakeServiceDatabase, mint: ServedMint, tmp_path: Path
) -> AsyncIterator[Door]:
    served = described(service).load_service()
    async with open_door(served, make_service_database(service), mint, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("service", SERVICES)
async def test_a_parameter_that_is_not_known_or_stands_twice_is_refused_by_name(service: str, door: Door) -> None:
    for route, role in routes_of(service):
        path = re.sub(r"\{[a-z_]+\}", UNKNOWN, route.path.replace("{role}", "buyer").replace("{parked_id}", "1"))
        known = [each.alias for each in get_flat_params(route.dependant) if f"{{{each.alias}}}" not in route.path]
        (method,) = route.methods
        answer = await door.call(method, f"{path}?limt=1&x=1&x=2", role=role, subject_id=UNKNOWN, bank_id=UNKNOWN)
        told = {each["pointer"]: each for each in answer.json()["errors"]}
        assert (answer.status_code, answer.json()["code"]) == (422, "parameter_unknown"), (path, answer.text)
        assert {"/limt", "/x"} <= set(told)
        if "limit" in known:
            assert "limit" in told["/limt"]["message"]
            twice = await door.call(method, f"{path}?limit=1&limit=2", role=role, subject_id=UNKNOWN, bank_id=UNKNOWN)
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


@pytest.mark.parametrize("service", SERVICES)
async def test_each_filter_of_a_list_is_answered(service: str, door: Door) -> None:
    values = {"month": "2026-05", "updated_since": "2026-05-13T00:00:00Z", "status": None, "role": "buyer"}
    for route, role in routes_of(service):
        for name in LISTS.get(route.name, "").split():
            value = values.get(name, UNKNOWN if name.endswith("_id") or name == "party" else "X-1")
            if value is not None:
                how = {"role": role, "subject_id": UNKNOWN, "bank_id": UNKNOWN}
                query = f"{name}={value.replace(':', '%3A')}"
                answer = await door.call("GET", f"{route.path}?{query}", **how)
                assert (answer.status_code, answer.json().get("items")) == (200, []), (route.path, query, answer.text)
