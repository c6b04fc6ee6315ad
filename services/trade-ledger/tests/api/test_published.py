"""What is documented is true: examples are executed, every event is announced, every code has its texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import trade_ledger
from shared.events import trade_ledger as events
from shared.events.catalogue import EVENT_TYPES
from shared.http.upkeep import UPKEEP_ACCESS
from shared.vocabulary.rules import rules
from shared.workshop.testing.registry_events import subject
from trade_ledger.app import app

SOURCE = "\n".join(file.read_text("utf-8") for file in Path(trade_ledger.__file__).parent.rglob("*.py"))
SCHEMAS = app.openapi()["components"]["schemas"]
# The caller of each example; whatever isn't named here is an operator's.
ROLES = {
    "/v1/customs-rates": "customs",
    "/v1/customs-rates/{rate_id}/corrections": "customs",
    "receipts": "customs",
    "{conflict_id}/closings": "customs",
    "arrivals": "site_operator",
}


def bodies() -> list[tuple[str, dict[str, Any]]]:
    """Each path that takes a JSON object, with that object's schema, except the maintenance routes of shared."""
    found = []
    for path, methods in app.openapi()["paths"].items():
        post = methods.get("post", {})
        content = post.get("requestBody", {}).get("content", {})
        if "application/json" in content and post["operationId"] not in UPKEEP_ACCESS:
            schema = content["application/json"]["schema"]
            found.append((path, SCHEMAS[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema))
    return found


EXAMPLES = [(path, example) for path, schema in bodies() for example in schema.get("examples", ())]


def test_every_body_has_an_example() -> None:
    assert [path for path, schema in bodies() if not schema.get("examples")] == []
    assert len(EXAMPLES) >= 14


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
async def test_an_example_is_well_formed_and_is_refused_by_rules_at_most(
    yard: Any, parties: Any, path: str, example: dict[str, Any]
) -> None:
    there = re.sub(r"\{[a-z_]+\}", "019a0000-0000-7000-8000-0000000000aa", path)
    role = next((role for end, role in ROLES.items() if path.endswith(end)), "operator")
    who = {"role": role, "site_id": parties["site"]} if role == "site_operator" else {"role": role}
    if role == "operator":
        who["subject_id"] = UUID(example.get("consignor_id", str(parties["operator"])))
        await yard.hear(subject("operator", subject_id=who["subject_id"]))
    answer = await yard.door.call("POST", there, example, version=1, **who)
    assert answer.status_code in (201, 404, 409), answer.text


def test_every_event_of_the_service_is_announced_by_its_code() -> None:
    own = [event for event in EVENT_TYPES.values() if event.__module__ == events.__name__]
    unsaid = [event.__name__ for event in own if SOURCE.count(event.__name__) < 2 and event.TYPE not in SOURCE]
    assert unsaid == []


def test_every_code_has_its_texts_and_every_rule_its_citation() -> None:
    raised = set(re.findall(r'Breach\(\s*"([a-z_]+)"', SOURCE))
    cited = set(re.findall(r'Breach\(\s*"[a-z_]+",\s*"([A-Z0-9-]+)"', SOURCE))
    assert len(raised) > 40
    assert raised <= set(app.state.catalogue.problems)
    assert cited <= set(rules())
