from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event, portion
from tax_exemption.app import app

Filing = Any


def audited(dsn: str) -> list[tuple[str, str, int]]:
    query = "SELECT operation, rule, status FROM audit WHERE rule IS NOT NULL ORDER BY id"
    with psycopg.connect(dsn) as connection:
        return list(connection.execute(query).fetchall())


async def test_somebody_elses_return_and_certificate_look_unknown_and_are_audited(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own())
    await filing.hear(event)
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    stranger = await filing.stranger()
    answers = []
    for there, unknown in (
        (f"/v1/returns/{filed['id']}", f"/v1/returns/{uuid4()}"),
        (f"/v1/certificates/{applied['id']}", f"/v1/certificates/{uuid4()}"),
    ):
        foreign = await filing.door.call("GET", there, **stranger)
        nobodys = await filing.door.call("GET", unknown, **stranger)
        assert foreign.status_code == nobodys.status_code == 404
        assert foreign.json()["code"] == nobodys.json()["code"]
        answers.append(foreign)
    posted = await filing.door.call("POST", "/v1/certificates", body, **stranger)
    assert posted.status_code == 404
    assert audited(filing.dsn) == [
        ("read_return", "V65", 404),
        ("read_certificate", "V65", 404),
        ("apply_for_certificate", "V65", 404),
    ]


async def test_an_officer_of_another_pilot_sees_nothing_of_this_one(filing: Filing) -> None:
    goods = filing.own()
    await filing.hear(declaration_event(DeclarationDeparted, goods))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    elsewhere = {"role": "tax", "pilot": "elsewhere"}
    path = f"/v1/returns/{filed['id']}"
    assert (await filing.door.call("GET", path, **elsewhere)).status_code == 404
    assert (await filing.door.call("POST", f"{path}/acceptances", version=1, **elsewhere)).status_code == 404
    decided = {"outcome": "waived", "reason": "x"}
    there = f"/v1/items/{goods.portion_id}/decisions"
    assert (await filing.door.call("POST", there, decided, **elsewhere)).status_code == 404
    for collection in ("items", "returns", "certificates"):
        assert (await filing.door.done("GET", f"/v1/{collection}", **elsewhere))["items"] == []


async def test_a_party_lists_its_own_and_those_it_acts_for(filing: Filing) -> None:
    others = portion(uuid4(), uuid4(), uuid4())
    await filing.hear(
        declaration_event(DeclarationDeparted, filing.own()), declaration_event(DeclarationDeparted, others)
    )
    await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    for who, items, returns in (
        (filing.as_holder(), 1, 1),
        (filing.as_operator(), 1, 0),
        (await filing.stranger("stall_holder"), 0, 0),
        ({"role": "tax"}, 2, 1),
    ):
        assert len((await filing.door.done("GET", "/v1/items", **who))["items"]) == items
        assert len((await filing.door.done("GET", "/v1/returns", **who))["items"]) == returns


async def test_a_token_without_its_party_reaches_nothing_and_files_nothing(filing: Filing) -> None:
    bought = portion(
        filing.operator, filing.operator, filing.operator, export_mode="outright",
        stall_holder_id=None, exemption_filer_id=None,
    )  # fmt: skip
    event = declaration_event(DeclarationDeparted, filing.own(), bought)
    await filing.hear(event)
    for role in ("stall_holder", "operator"):
        for path in ("items", "returns", "certificates"):
            assert (await filing.door.call("GET", f"/v1/{path}", role=role)).status_code == 403
        assert (await filing.door.call("POST", "/v1/returns", filing.body(), role=role)).status_code == 403
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    assert (await filing.door.call("POST", "/v1/certificates", body, role="operator")).status_code == 403


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"currency": "ZZZ"}, "currency_unknown"),
        ({"day": "2026-06-09"}, "date_in_the_future"),
        ({"cny_per_unit": "0"}, "rate_not_positive"),
        ({"day": "2026-05-13"}, "rate_imported_already"),
    ],
)
async def test_a_rate_that_no_authority_published_is_refused(filing: Filing, changed: Any, code: str) -> None:
    rate = {"day": "2026-06-08", "currency": "USD", "cny_per_unit": "6.98", "source": "sample", **changed}
    answer = await filing.door.call("POST", "/v1/middle-rates", rate, role="tax")
    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_one_key_has_one_effect_and_one_answer(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    how = {"key": "a return of May", **filing.as_holder()}
    first = await filing.door.call("POST", "/v1/returns", filing.body(), **how)
    again = await filing.door.call("POST", "/v1/returns", filing.body(), **how)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = await filing.door.call("POST", "/v1/returns", filing.body(rate_choice="sale_day"), **how)
    assert other.status_code == 422


@pytest.mark.parametrize(
    "changed",
    [
        {"month": "2026-13"},
        {"month": "May"},
        {"stall_holder_id": "me"},
        {"rate_choice": "the best"},
        {"lines": []},
    ],
)
async def test_what_cannot_be_a_return_is_malformed(filing: Filing, changed: dict[str, Any]) -> None:
    answer = await filing.door.call("POST", "/v1/returns", filing.body(**changed), **filing.as_holder())
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("path", ["/v1/windows?month=2026-00", "/v1/windows", "/v1/items?month=9999-12"])
async def test_a_question_without_a_month_of_this_century_is_malformed(filing: Filing, path: str) -> None:
    assert (await filing.door.call("GET", path, role="tax")).status_code == 422


def test_no_answer_of_tax_names_a_buyer() -> None:
    """R-FILE-8: what an operator completed isn't told to its stall holder here either."""
    assert "buyer" not in json.dumps(app.openapi()["components"]["schemas"])
