"""One report says all that is wrong with a trade: no fault of a cell or field hides a breach of an independent rule."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from trade_ledger.api.trade_reading import read_entry
from trade_ledger.api.trade_schemas import LINE_EXAMPLE, TRADE_EXAMPLE
from trade_ledger.domain.workbook import LINES_SHEET, SLIPS_SHEET
from trade_ledger.store.entries import DomesticLegEntry, LineEntry, TradeEntry

NOT_FOR_PEOPLE = re.compile(r"\^|\[0-9\]|JSON|\{[a-z0-9_]+\}|UUID|pydantic|Input should", re.IGNORECASE)


def problems(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["sheet"], each["cell"], each["code"]) for result in report["results"] for each in result["problems"]]


WRONG_SUM = (LINES_SHEET, "P2", "amount_differs")
UNKNOWN_STALL = (SLIPS_SHEET, "B2", "subject_not_filed")
FORBIDDEN = (LINES_SHEET, "D2", "goods_not_allowed")


@pytest.mark.parametrize(
    ("slip", "line", "found"),
    [
        pytest.param({"trade_date": "13.05.2026"}, {"amount": "306.01"},
                     [(SLIPS_SHEET, "J2", "cell_not_date"), WRONG_SUM], id="a bad date and a wrong sum"),
        pytest.param({"stall_number": "09-1"}, {"hs_code": "8204"},
                     [(LINES_SHEET, "D2", "field_pattern"), UNKNOWN_STALL,
                      (SLIPS_SHEET, "G2", "export_agency_not_in_force")], id="a bad code and an unknown stall"),
        pytest.param({"stall_number": True}, {"hs_code": "9304000000"},
                     [(SLIPS_SHEET, "B2", "cell_is_boolean"), FORBIDDEN], id="an unreadable stall and forbidden goods"),
        pytest.param({"settlement_method": "barter"}, {"statutory_unit": "把", "currency": "XXX"},
                     [(SLIPS_SHEET, "L2", "cell_not_a_choice"), (LINES_SHEET, "O2", "currency_unknown"),
                      (LINES_SHEET, "U2", "statutory_unit_differs"),
                      (LINES_SHEET, "T2", "statutory_quantity_differs")], id="a wrong choice, currency and unit"),
        pytest.param({"domestic_amount": "many", "domestic_paid_on": "2026-05-14", "domestic_payer": "a",
                      "domestic_payee": "b", "domestic_reference": "c"}, {},
                     [(SLIPS_SHEET, "M2", "cell_not_number"), (SLIPS_SHEET, "N2", "date_in_the_future")],
                     id="a leg's amount and its day to come"),
        pytest.param({}, {"quantity": "many", "amount": "306.01", "goods_name": "仿真枪"},
                     [(LINES_SHEET, "K2", "cell_not_number"), FORBIDDEN], id="a quantity and a sum of it"),
        pytest.param({"export_mode": ""}, {"amount": "306.01"},
                     [(SLIPS_SHEET, "F2", "cell_empty"), WRONG_SUM], id="no mode"),
    ],
)  # fmt: skip
async def test_a_cells_fault_hides_no_breach_that_rests_on_other_cells(
    sheets: Any, slip: dict[str, Any], line: dict[str, Any], found: list[tuple[str, str, str]]
) -> None:
    assert problems(await sheets.imported([sheets.slip(**slip)], [sheets.line(**line)])) == found


async def test_the_lines_of_no_slip_and_the_slip_of_no_lines_are_checked_too(sheets: Any) -> None:
    lines = [sheets.line("S-9", hs_code="9304000000", amount="306.01")]
    report = await sheets.imported([sheets.slip("S-1", stall_number="09-1")], lines)
    assert sorted(problems(report)) == sorted([
        (SLIPS_SHEET, "A2", "slip_without_lines"), UNKNOWN_STALL, (SLIPS_SHEET, "G2", "export_agency_not_in_force"),
        (LINES_SHEET, "A2", "slip_unknown"), FORBIDDEN, WRONG_SUM,
    ])  # fmt: skip


async def test_a_refused_slip_is_told_too_that_it_was_registered_before(market: Any, sheets: Any) -> None:
    await sheets.imported([sheets.slip()], [sheets.line()])
    again = await sheets.imported([sheets.slip(trade_date="x")], [sheets.line(amount="306.01")])
    assert [code for *_, code in problems(again)] == ["cell_not_date", "amount_differs", "slip_registered_already"]


async def test_a_row_of_ndjson_is_told_of_form_and_rules_at_once(market: Any) -> None:
    rows = [
        market.trade(trade_date="13.05.2026", total="307.00"),
        market.trade(lines=[market.line(hs_code="82"), market.line(amount="1.00")], colour="red", total="many"),
        market.trade(seller_id=str(market.buyer), consignor_id=str(market.rival), trade_date="x", total="1.00"),
        market.trade(lines=7, seller_id=str(market.buyer)),
    ]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    told = [sorted((each["column"], each["code"]) for each in result["problems"]) for result in report["results"]]
    assert told == [
        [("/total", "total_differs"), ("/trade_date", "field_not_date")],
        [("/colour", "field_unknown"), ("/lines/0/hs_code", "field_pattern"), ("/lines/1/amount", "amount_differs"),
         ("/total", "field_pattern")],
        [("", "not_yours"), ("/trade_date", "field_not_date")],
        [("/export_agency_id", "export_agency_not_in_force"), ("/lines", "field_not_list"),
         ("/seller_id", "subject_not_filed")],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (
            {"trade_date": "13.05.2026", "total": "307.00"},
            [("/total", "total_differs"), ("/trade_date", "field_not_date")],
        ),
        (
            {"lines": 7, "stall_number": "09-1"},
            [("/lines", "field_not_list"), ("/stall_number", "stall_not_in_force")],
        ),
        ({"seller_id": "?", "total": "1.00"}, [("/seller_id", "field_not_id"), ("/total", "total_differs")]),
        ({"consignor_id": "?", "total": "1.00"}, [("/consignor_id", "field_not_id")]),
    ],
)
async def test_one_trade_is_told_of_form_and_rules_at_once(
    market: Any, changed: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    answer = await market.door.call("POST", "/v1/trades", market.trade(**changed), key="k", **market.as_operator())
    assert answer.status_code == 422
    assert sorted((each["pointer"], each["code"]) for each in answer.json()["errors"]) == found
    # The key is free for the repaired one.
    await market.door.done("POST", "/v1/trades", market.trade(), key="k", **market.as_operator())


async def test_the_rules_of_somebody_elses_trade_are_told_to_nobody(market: Any) -> None:
    body = market.trade(seller_id=str(market.buyer), consignor_id=str(market.rival), trade_date="x", total="1.00")
    answer = await market.door.call("POST", "/v1/trades", body, **market.as_operator())
    assert [each["code"] for each in answer.json()["errors"]] == ["field_not_date"]


async def test_what_is_said_is_for_people_in_both_languages(sheets: Any) -> None:
    faults = {"hs_code": "82041", "unit_price": 2.5491666666666668, "amount": "1" * 17, "packages": "9" * 9,
              "net_weight_kg": "0", "brand_evidence_hash": "x", "goods_name": "长" * 201}  # fmt: skip
    report = await sheets.imported([sheets.slip(settlement_method="?")], [sheets.line(**faults)])
    (result,) = report["results"]
    assert {each["column"] for each in result["problems"]} >= {
        "商品HS编码", "单价", "货值", "包装数量", "重量(KGS)", "品牌授权摘要", "商品名称", "结算方式",
    }  # fmt: skip
    for each in result["problems"]:
        assert not NOT_FOR_PEOPLE.search(each["message"] + each["message_zh"] + each["fix"] + each["fix_zh"])
        assert re.search("[\u4e00-\u9fff]", each["message_zh"])
        assert re.search("[\u4e00-\u9fff]", each["fix_zh"])


@pytest.mark.parametrize("code", ["8204.12.0000", "8204.12.00", "8204.12", 8204120000])
async def test_a_code_with_points_is_the_code_without(market: Any, sheets: Any, code: Any) -> None:
    report = await sheets.imported([sheets.slip()], [sheets.line(hs_code=code)])
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert trade["trade"]["lines"][0]["hs_code"] == str(code).replace(".", "")


async def test_choices_are_read_in_chinese(market: Any, sheets: Any) -> None:
    slip = sheets.slip(settlement_method="现金", export_mode="委托代理", channel="市场", price_term="离岸价")
    report = await sheets.imported([slip], [sheets.line(currency="美元", brand="龙", brand_statement="自有")])
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    said = trade["trade"]
    assert (said["settlement_method"], said["export_mode"], said["channel"], said["price_term"], said["currency"]) == (
        "cash", "agency", "market", "FOB", "USD",
    )  # fmt: skip
    assert said["lines"][0]["brand_statement"] == "own"


def wrong(model: type[Any], name: str) -> Any:
    """A value that the field can't have."""
    for value in ({"wrong": 1}, "\0", 10**30, []):
        try:
            model.__pydantic_validator__.validate_assignment(model.model_construct(), name, value)
        except ValidationError:
            return value
    raise AssertionError(f"{name} takes anything")


LEG = {"amount": "1.00", "paid_on": "2026-05-13", "payer": "a", "payee": "b", "reference": "c"}
PLACES = [
    *(("/{}", TradeEntry, name) for name in TradeEntry.model_fields),
    *(("/lines/0/{}", LineEntry, name) for name in LineEntry.model_fields),
    *(("/domestic_leg/{}", DomesticLegEntry, name) for name in DomesticLegEntry.model_fields),
]


@pytest.mark.parametrize(("where", "model", "name"), PLACES)
def test_each_field_has_a_stand_in_so_that_the_rest_is_read(where: str, model: Any, name: str) -> None:
    row: dict[str, Any] = json.loads(json.dumps({**TRADE_EXAMPLE, "domestic_leg": LEG, "lines": [LINE_EXAMPLE]}))
    place = {"/{}": row, "/lines/0/{}": row["lines"][0], "/domestic_leg/{}": row["domestic_leg"]}[where]
    place[name] = wrong(model, name)
    read = read_entry(row)
    assert read.entry is not None
    assert {pointer for pointer in read.unread if pointer.startswith(where.format(name))} == read.unread != frozenset()
    assert read_entry(json.dumps(row).encode()).unread == read.unread


@pytest.mark.parametrize("row", [b"{", b"7", b"[]", b'"x"', b"null", b"\xff"])
def test_what_is_no_object_is_no_entry(row: bytes) -> None:
    assert read_entry(row).entry is None
    assert read_entry(row).breaches
