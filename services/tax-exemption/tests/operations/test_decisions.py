from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.events.trade_ledger import DeclarationDeparted, GoodsReturned
from shared.workshop.testing.declaration_events import declaration_event

Filing = Any


TAXED = {"outcome": "taxed_as_domestic", "reason": "not declared"}


async def test_the_officer_decides_on_what_was_not_declared_in_time(filing: Filing) -> None:
    goods = filing.own()
    await filing.hear(declaration_event(DeclarationDeparted, goods))
    path = f"/v1/items/{goods.portion_id}/decisions"
    body = {"outcome": "taxed_as_domestic", "reason": "not declared"}
    early = await filing.door.call("POST", path, body, role="tax")
    assert early.json()["code"] == "window_still_open"
    filing.door.at(datetime(2026, 6, 20, 1, tzinfo=UTC))
    decided = await filing.door.done("POST", path, body, role="tax")
    assert decided["fob_value"] == "1000.00"
    twice = await filing.door.call("POST", path, body, role="tax")
    assert twice.json()["code"] == "nothing_to_declare"


@pytest.mark.parametrize("outcome", ["late_exemption", "no_fault"])
async def test_a_late_exemption_lets_the_filer_declare_that_item_and_no_other(filing: Filing, outcome: str) -> None:
    late, other = filing.own(), filing.own("5.00")
    await filing.hear(declaration_event(DeclarationDeparted, late, other))
    filing.door.at(datetime(2026, 6, 20, 1, tzinfo=UTC))
    refused = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert refused.json()["code"] == "outside_filing_window"
    body = {"outcome": outcome, "reason": "customs data came late"}
    await filing.door.done("POST", f"/v1/items/{late.portion_id}/decisions", body, role="tax")
    filed = (await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder()))["exemption_return"]
    assert filed["filing_kind"] == "late"
    assert [line["portion_id"] for line in filed["lines"]] == [str(late.portion_id)]
    again = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert again.json()["code"] == "outside_filing_window"


async def test_goods_that_come_back_after_a_decision_are_decided_on_again(filing: Filing) -> None:
    goods = filing.own()
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    filing.door.at(datetime(2026, 6, 20, 1, tzinfo=UTC))
    path = f"/v1/items/{goods.portion_id}/decisions"
    await filing.door.done("POST", path, TAXED, role="tax")
    back = goods.model_copy(update={"returned_quantity": Decimal(40), "returned_fob": Decimal(400)})
    await filing.hear(
        declaration_event(GoodsReturned, back, declaration_id=departed.declaration.declaration_id), sequence=2
    )
    second = await filing.door.done("POST", path, TAXED, role="tax")
    assert (second["decision_no"], second["fob_value"]) == (2, "-400.00")


async def test_a_quarterly_filers_item_waits_for_the_quarters_window(filing: Filing) -> None:
    goods = filing.own()
    await filing.hear(filing.files("quarter"), declaration_event(DeclarationDeparted, goods))
    filing.door.at(datetime(2026, 6, 20, 1, tzinfo=UTC))
    early = await filing.door.call("POST", f"/v1/items/{goods.portion_id}/decisions", TAXED, role="tax")
    assert early.json()["code"] == "window_still_open"


async def test_only_tax_accepts_and_asks_and_never_on_an_old_version(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    path = f"/v1/returns/{filed['id']}"
    question = {"reason": "the contract please"}
    for step, body in (("acceptances", None), ("queries", question)):
        for role in (filing.as_holder(), filing.as_operator(), {"role": "customs"}, {"role": "commerce"}):
            refused = await filing.door.call("POST", f"{path}/{step}", body, version=1, **role)
            assert refused.status_code == 403
        assert (await filing.door.call("POST", f"{path}/{step}", body, role="tax")).status_code == 428
    queried = await filing.door.done("POST", f"{path}/queries", question, role="tax", version=1)
    assert queried["status"] == "queried"
    stale = await filing.door.call("POST", f"{path}/acceptances", role="tax", version=1)
    assert stale.status_code == 412
    await filing.door.done("POST", f"{path}/acceptances", role="tax", version=2)
    over = await filing.door.call("POST", f"{path}/queries", question, role="tax", version=3)
    assert (over.status_code, over.json()["code"]) == (409, "return_accepted_already")


async def test_a_frequency_heard_in_another_spelling_is_that_frequency(filing: Filing) -> None:
    """R-TAX-2: what registry of an earlier release published was free text."""
    await filing.hear(filing.files("Quarterly"), declaration_event(DeclarationDeparted, filing.own()))
    monthly = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert monthly.json()["code"] == "nothing_to_declare"


async def test_nothing_is_filed_or_decided_under_a_frequency_that_nobody_knows(filing: Filing) -> None:
    """R-TAX-2: neither the month nor the quarter is taken for it."""
    goods = filing.own()
    await filing.hear(filing.files("半年"), declaration_event(DeclarationDeparted, goods))
    for month in ("2026-05", "2026-06"):
        refused = await filing.door.call("POST", "/v1/returns", filing.body(month=month), **filing.as_holder())
        (told,) = refused.json()["errors"]
        assert (refused.status_code, told["code"], told["rule"]["id"]) == (409, "filing_frequency_unknown", "R-TAX-2")
        assert "半年" in told["message_zh"]
    filing.door.at(datetime(2026, 7, 20, 1, tzinfo=UTC))
    decided = await filing.door.call("POST", f"/v1/items/{goods.portion_id}/decisions", TAXED, role="tax")
    assert (decided.status_code, decided.json()["code"]) == (409, "filing_frequency_unknown")
