"""What is documented is true: examples are executed, every event is announced, every code has its texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import tax_exemption
from shared.events import tax_exemption as events
from shared.events.catalogue import EVENT_TYPES
from shared.http.upkeep import UPKEEP_ACCESS
from shared.vocabulary.rules import rules
from tax_exemption.app import app

SOURCE = "\n".join(file.read_text("utf-8") for file in Path(tax_exemption.__file__).parent.rglob("*.py"))


def examples() -> list[tuple[str, dict[str, Any]]]:
    found = []
    schemas = app.openapi()["components"]["schemas"]
    for path, methods in app.openapi()["paths"].items():
        post = methods.get("post", {})
        body = post.get("requestBody")
        if body is None or post["operationId"] in UPKEEP_ACCESS:
            continue
        name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        found += [(path, example) for example in schemas[name]["examples"]]
    return found


@pytest.mark.parametrize(("path", "example"), examples(), ids=[each[0] for each in examples()])
async def test_an_example_is_well_formed_and_is_refused_by_rules_at_most(
    filing: Any, path: str, example: dict[str, Any]
) -> None:
    there = re.sub(r"\{[a-z_]+\}", "019a0000-0000-7000-8000-0000000000aa", path)
    who = {"/v1/returns": filing.as_holder(), "/v1/certificates": filing.as_operator()}.get(path, {"role": "tax"})
    answer = await filing.door.call("POST", there, example, version=1, **who)
    assert answer.status_code in (201, 404, 409), answer.text


def test_every_event_of_the_service_is_announced_by_its_code() -> None:
    own = [event for event in EVENT_TYPES.values() if event.__module__ == events.__name__]
    assert [event.__name__ for event in own if SOURCE.count(event.__name__) < 2] == []


def test_every_code_has_its_texts_and_every_rule_its_citation() -> None:
    raised = set(re.findall(r'Breach\(\s*"([a-z_]+)"', SOURCE))
    cited = set(re.findall(r'Breach\(\s*"[a-z_]+",\s*"([A-Z0-9-]+)"', SOURCE))
    assert raised <= set(app.state.catalogue.problems)
    assert cited <= set(rules())
