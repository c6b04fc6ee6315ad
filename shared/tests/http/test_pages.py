"""The pages that problem documents and the start page link to exist, are public, and load nothing from other hosts."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from shared.events.catalogue import TOPICS
from shared.events.registry import BankFiled
from shared.http.problems import Catalogue
from shared.messaging.envelope import headers_of
from shared.vocabulary.rules import Breach, rules
from shared.workshop.testing.signing import KEYS

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_every_problem_has_its_entry_and_its_page(desk: Any) -> None:
    for code, problem in desk.door.app.state.catalogue.problems.items():
        entry = (await desk.door.client.get(f"/problems/{code}")).json()
        assert (entry["code"], entry["status"], entry["fix_zh"]) == (code, problem.status, problem.fix_zh)
        page = await desk.door.client.get(f"/problems/{code}", headers=HTML)
        assert page.headers["content-type"].startswith("text/html")
        assert problem.title_zh in page.text
        assert code in page.text


async def test_the_link_of_a_problem_document_opens(desk: Any) -> None:
    refused = (await desk.door.call("GET", "/v1/nowhere")).json()
    assert (await desk.door.client.get(refused["docs"])).json()["code"] == refused["code"]


async def test_every_rule_has_its_entry_and_its_page(desk: Any) -> None:
    for rule_id, rule in rules().items():
        assert (await desk.door.client.get(f"/rules/{rule_id}")).json() == asdict(rule)
        page = (await desk.door.client.get(f"/rules/{rule_id}", headers=HTML)).text
        assert rule.title_zh in page
        assert f'href="/rules/{rule_id}"' in (await desk.door.client.get("/rules", headers=HTML)).text
    assert (await desk.door.client.get("/rules/R-NONE-1", headers=HTML)).json()["code"] == "not_found"


def test_a_refusal_links_to_its_rule() -> None:
    breach = Breach("not_yours", "V65")
    body = Catalogue().refusal((breach,), status=409, instance="/", trace_id="1", language=None)
    assert {each["rule"]["url"] for each in (body, *body["errors"])} == {"/rules/V65"}


@pytest.mark.parametrize("code", ["nonsense", "%3Cscript%3E", "%00"])
async def test_an_unknown_code_is_a_problem_itself(desk: Any, code: str) -> None:
    answer = await desk.door.client.get(f"/problems/{code}", headers=HTML)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_events_schema_is_served_where_ce_dataschema_points(desk: Any) -> None:
    row = SimpleNamespace(
        event_id=uuid4(), topic=BankFiled.TOPIC, type=BankFiled.TYPE, key="bank-1", sequence=1, actor="admin:1",
        pilot="longshui", occurred_at=datetime.now(UTC), traceparent=None, delegation_id=None,
    )  # fmt: skip
    path = dict(headers_of(row))["ce_dataschema"].decode()
    served = await desk.door.client.get(path)
    assert served.headers["content-type"] == "application/schema+json"
    assert served.json()["$id"] == path
    assert served.json()["title"] == "BankFiled"
    assert (await desk.door.client.get("/docs/events/none.v1.json")).status_code == 404
    assert (await desk.door.client.get("/asyncapi.json")).json()["asyncapi"] == "3.0.0"


async def test_the_keys_of_events_are_served_where_the_specification_of_well_known_addresses_says(desk: Any) -> None:
    served = await desk.door.client.get("/.well-known/event-keys.json")
    assert served.headers["content-type"] == "application/jwk-set+json"
    # A service tells its own keys only; the tests' service of notes has none.
    assert served.json() == {"keys": [], "unsigned": {}}
    owners = {topic.name: topic.owner for topic in TOPICS.values()}
    ends = {"registry.subjects": [1], "trade-ledger.trades": [2]}
    told = KEYS.model_copy(update={"unsigned": ends}).of("registry", owners)
    assert ([key.service for key in told.keys], told.unsigned) == (["registry"], {"registry.subjects": [1]})


@pytest.mark.parametrize("path", ["/docs", "/problems", "/problems/not_found", "/rules", "/rules/V65"])
async def test_a_page_names_no_other_host_and_runs_no_script(desk: Any, path: str) -> None:
    page = await desk.door.client.get(path, headers=HTML)
    assert page.status_code == 200
    assert not re.search(r"//|<script|@import|url\(", page.text)


async def test_the_operations_page_lists_every_operation_with_its_roles(desk: Any) -> None:
    page = (await desk.door.client.get("/docs")).text
    for path, methods in desk.door.app.openapi()["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code> {operation['operationId']}" in page
    assert 'href="/openapi.json"' in page
    assert "commerce" in page
    assert (await desk.door.client.get("/openapi.json")).json()["info"]["title"] in page
