from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared.events.trade_ledger import DeclarationDeparted, DeclarationReleased, GoodsReturned, Portion
from shared.testing.declaration_events import declaration_event, portion

Filing = Any


def own(filing: Filing, value: str = "1000.00", **changed: Any) -> Portion:
    return portion(filing.holder, filing.operator, filing.holder, value, **changed)


def said(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [row[0] for row in connection.execute("SELECT type FROM outbox ORDER BY id")]


async def test_departed_portions_are_declared_and_accepted(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, own(filing), own(filing, "250.50")))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert filed["exemption_return"]["total_rmb"] == "8753.50"
    assert len(filed["exemption_return"]["lines"]) == 2
    path = f"/v1/returns/{filed['id']}/acceptances"
    accepted = await filing.door.done("POST", path, role="tax", version=filed["version"])
    assert accepted["status"] == "accepted"
    assert said(filing.dsn) == ["tax_exemption.return_filed.v1", "tax_exemption.return_accepted.v1"]
    again = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_declare")


async def test_an_event_heard_twice_makes_one_item(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, own(filing))
    await filing.hear(event)
    await filing.hear(event, sequence=2)
    items = await filing.door.done("GET", "/v1/items", **filing.as_holder())
    assert [item["departed_fob"] for item in items["items"]] == ["1000.00"]


async def test_a_departure_heard_before_its_release_counts_all_the_same(filing: Filing) -> None:
    goods = own(filing)
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    await filing.hear(
        declaration_event(DeclarationReleased, goods, declaration_id=departed.declaration.declaration_id), sequence=2
    )
    items = await filing.door.done("GET", "/v1/items", **filing.as_holder())
    assert len(items["items"]) == 1


@pytest.mark.parametrize(
    ("instant", "refused"),
    [
        (datetime(2026, 5, 31, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 31, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 15, 15, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 15, 16, 0, tzinfo=UTC), True),
    ],
)
async def test_the_window_is_kept_in_beijing_time(filing: Filing, instant: datetime, refused: bool) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, own(filing)))
    filing.door.at(instant)
    answer = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert (answer.status_code == 409) is refused
    if refused:
        assert answer.json()["code"] == "outside_filing_window"
        assert answer.json()["rule"]["id"] == "R-TAX-2"
        assert said(filing.dsn) == []


async def test_goods_returned_after_filing_make_an_adjustment_in_a_later_month(filing: Filing) -> None:
    goods = own(filing)
    departed = declaration_event(DeclarationDeparted, goods)
    await filing.hear(departed)
    first = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    back = goods.model_copy(update={"returned_quantity": 40, "returned_value": 400, "returned_fob": 400})
    back = Portion.model_validate_json(back.model_dump_json())
    await filing.hear(
        declaration_event(GoodsReturned, back, declaration_id=departed.declaration.declaration_id), sequence=2
    )
    filing.door.at(datetime(2026, 7, 8, 1, tzinfo=UTC))
    later = await filing.door.done("POST", "/v1/returns", filing.body(month="2026-06"), **filing.as_holder())
    line = later["exemption_return"]["lines"][0]
    assert (line["fob_value"], line["exempt_rmb"], line["adjustment"]) == ("-400.00", "-2800.00", True)
    kept = await filing.door.done("GET", f"/v1/returns/{first['id']}", **filing.as_holder())
    assert kept["exemption_return"]["total_rmb"] == "7000.00"


async def test_the_operator_files_only_where_the_agency_says_so(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, own(filing)))
    stranger = {"role": "operator", "subject_id": uuid4()}
    foreign = await filing.door.call("POST", "/v1/returns", filing.body(), **stranger)
    assert foreign.status_code == 404
    theirs = portion(filing.holder, filing.operator, filing.operator, "10.00")
    await filing.hear(declaration_event(DeclarationDeparted, theirs))
    by_operator = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_operator())
    assert len(by_operator["exemption_return"]["lines"]) == 1
    by_holder = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert len(by_holder["exemption_return"]["lines"]) == 1


async def test_the_choice_of_rate_is_kept(filing: Filing) -> None:
    await filing.hear(declaration_event(DeclarationDeparted, own(filing)))
    await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    await filing.hear(declaration_event(DeclarationDeparted, own(filing, "5.00")))
    other = filing.body(rate_choice="sale_day")
    answer = await filing.door.call("POST", "/v1/returns", other, **filing.as_holder())
    assert (answer.status_code, answer.json()["code"]) == (409, "rate_choice_kept")


async def test_outright_exports_make_no_return(filing: Filing) -> None:
    bought = portion(
        filing.operator, filing.operator, filing.operator, export_mode="outright",
        stall_holder_id=None, exemption_filer_id=None,
    )  # fmt: skip
    await filing.hear(declaration_event(DeclarationDeparted, bought))
    answer = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert answer.status_code == 409


async def test_a_certificate_is_issued_once_per_declaration_and_principal(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, own(filing), own(filing, "250.50"))
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    assert applied["value"] == "1250.50"
    twice = await filing.door.call("POST", "/v1/certificates", body, **filing.as_operator())
    assert (twice.status_code, twice.json()["code"]) == (409, "certificate_applied_already")
    path = f"/v1/certificates/{applied['id']}"
    issued = await filing.door.done("POST", f"{path}/issues", {"issued_number": "DL1"}, role="tax", version=1)
    await filing.door.done("POST", f"{path}/voidings", {"reason": "amended"}, role="tax", version=issued["version"])
    anew = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    reused = await filing.door.call(
        "POST", f"/v1/certificates/{anew['id']}/issues", {"issued_number": "DL1"}, role="tax", version=1
    )
    assert reused.json()["code"] == "issued_number_used"


async def test_the_officer_decides_on_what_was_not_declared_in_time(filing: Filing) -> None:
    goods = own(filing)
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
