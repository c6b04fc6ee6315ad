"""What is documented is true: examples are executed, every event is announced, every code has its texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import registry
from registry.api.access import ACCESS
from registry.app import app
from shared.events import registry as events
from shared.events.catalogue import EVENT_TYPES
from shared.http.upkeep import UPKEEP_ACCESS
from shared.vocabulary.rules import rules

SOURCE = "\n".join(file.read_text("utf-8") for file in Path(registry.__file__).parent.rglob("*.py"))
UNKNOWN = "019a0000-0000-7000-8000-0000000000aa"
MADE_AS_THEY_STAND = {
    "/v1/subjects": "agent",
    "/v1/banks": "commerce",
    "/v1/sites": "commerce",
    "/v1/ports": "commerce",
    "/v1/commodity-lists": "commerce",
    "/v1/commodity-decisions": "market_supervision",
}


def examples() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    schemas = app.openapi()["components"]["schemas"]
    for path, methods in app.openapi()["paths"].items():
        post = methods.get("post", {})
        if "requestBody" not in post or post["operationId"] in UPKEEP_ACCESS:
            continue
        name = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        found += [(path, post["operationId"], example) for example in schemas[name]["examples"]]
    return found


@pytest.mark.parametrize(("path", "operation", "example"), examples(), ids=[each[0] for each in examples()])
async def test_an_example_is_well_formed_and_is_refused_by_rules_at_most(
    bureau: Any, path: str, operation: str, example: dict[str, Any]
) -> None:
    there = path.replace("{role}", "stall_holder").replace("{port_code}", "8011").replace("{code}", "longshui")
    there = re.sub(r"\{[a-z_]+\}", UNKNOWN, there)
    role = sorted(ACCESS[operation].roles)[0] if path not in MADE_AS_THEY_STAND else MADE_AS_THEY_STAND[path]
    how = {"role": role, "version": 1}
    if "-agencies" in path or path == "/v1/delegations":
        how |= bureau.as_party(await bureau.approved(bureau.operator()))
    answer = await bureau.door.call("POST", there, example, **how)
    expected = (201,) if path in MADE_AS_THEY_STAND else (200, 201, 404, 409)
    assert answer.status_code in expected, answer.text


async def test_the_examples_of_a_filings_steps_carry_it_through_its_life(bureau: Any) -> None:
    shown = {operation: example for _, operation, example in examples()}
    subject = await bureau.filed(bureau.stall_holder())
    who = bureau.as_party(subject)
    subject = await bureau.stepped(subject, "amendments", shown["amend_filing"], **who)
    subject = await bureau.stepped(subject, "submissions", shown["submit_filing"], **who)
    steps = {"reviews": "review", "approvals": "approve", "suspensions": "suspend", "reinstatements": "reinstate"}
    for step, verb in steps.items():
        subject = await bureau.stepped(subject, step, shown[f"{verb}_filing"])
    path = f"/v1/subjects/{subject['id']}"
    subject = await bureau.door.done(
        "POST", f"{path}/qualifications", shown["record_qualification"], version=subject["version"], role="safe"
    )
    await bureau.door.done("POST", f"{path}/credit-grades", shown["set_credit_grade"], role="tax")
    await bureau.door.done("POST", f"{path}/identity-views", shown["view_identity"])
    subject = await bureau.stepped(subject, "exits", shown["exit_filing"], **who)
    assert subject["filings"][0]["status"] == "exited"


def test_every_event_of_the_service_is_announced_by_its_code() -> None:
    own = [event for event in EVENT_TYPES.values() if event.__module__ == events.__name__]
    assert [event.__name__ for event in own if SOURCE.count(event.__name__) < 2] == []


def test_every_code_has_its_texts_and_every_rule_its_citation() -> None:
    raised = set(re.findall(r'Breach\(\s*"([a-z_]+)"', SOURCE))
    cited = set(re.findall(r'Breach\(\s*"[a-z_]+",\s*"([A-Z0-9-]+)"', SOURCE))
    assert raised <= set(app.state.catalogue.problems)
    assert cited <= set(rules())


def test_every_location_header_can_be_read() -> None:
    answered = set(re.findall(r'location=f"(/v1/[a-z-]+)/', SOURCE)) | {"/v1/export-agencies", "/v1/subjects"}
    readable = {path.split("/{")[0] for path, methods in app.openapi()["paths"].items() if "get" in methods}
    assert answered <= readable
