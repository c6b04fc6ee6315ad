from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import psycopg
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET

XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
STALL = "02-000018"


def audited(dsn: str) -> set[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT DISTINCT rule, code FROM audit WHERE rule IS NOT NULL").fetchall()
    return {(row[0], row[1]) for row in found}


def workbook(slips: list[dict[str, str]], lines: list[dict[str, str]], **sheets: str) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    tables: tuple[tuple[str, Any, list[dict[str, str]]], ...] = (
        (SLIPS_SHEET, SLIP_COLUMNS, slips),
        (LINES_SHEET, LINE_COLUMNS, lines),
    )
    for name, columns, rows in tables:
        sheet = book.add_worksheet(sheets.get(name, name))
        sheet.write_row(0, 0, [column.header for column in columns])
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, [row.get(column.field, "") for column in columns])
    book.close()
    return file.getvalue()


def slip(number: str = "S-1", **changed: str) -> dict[str, str]:
    return {
        "slip": number,
        "stall_number": STALL,
        "export_mode": "agency",
        "channel": "market",
        "trade_date": "2026-05-13",
        "price_term": "FOB",
        "settlement_method": "fx",
        **changed,
    }


def line(number: str = "S-1", **changed: str) -> dict[str, str]:
    return {
        "slip": number,
        "goods_name": "活动扳手",
        "hs_code": "8204120000",
        "quantity": "120",
        "unit": "把",
        "packages": "6",
        "package_unit": "箱",
        "currency": "USD",
        "amount": "306.00",
        "net_weight_kg": "50.4",
        "unit_price": "2.55",
        "origin_place": "重庆大足",
        "statutory_quantity": "50.4",
        "statutory_unit": "千克",
        **changed,
    }


async def imported(market: Any, content: bytes, **how: Any) -> dict[str, Any]:
    how = {**market.as_operator(), **how}
    report: dict[str, Any] = await market.door.done("POST", "/v1/trade-imports", content=content, headers=XLSX, **how)
    return report


def problems(report: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [
        (each["sheet"], each["row"], each["column"], each["code"])
        for result in report["results"]
        for each in result["problems"]
    ]


async def test_a_workbook_registers_each_slip_with_its_lines(market: Any) -> None:
    content = workbook([slip("S-1"), slip("S-2")], [line("S-1"), line("S-2"), line("S-1", goods_name="钢丝钳")])
    report = await imported(market, content)
    assert (report["registered"], report["refused"]) == (2, 0)
    first = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert first["trade"]["external_ref"] == "S-1"
    assert first["trade"]["total"] == "612.00"
    assert [each["goods_name"] for each in first["trade"]["lines"]] == ["活动扳手", "钢丝钳"]
    assert first["trade"]["export_agency_id"] == str(market.agency)
    assert first["trade"]["buyer_id"] is None


async def test_faults_are_reported_all_at_once_by_sheet_row_and_column(market: Any, dsn: str) -> None:
    slips = [
        slip("S-1"),
        slip("S-2", settlement_method="barter", trade_date="13.05.2026"),
        slip("S-3", stall_number="09-000999"),
        slip("S-4"),
        slip("S-4"),
        slip("S-5"),
    ]
    lines = [
        line("S-1"),
        line("S-2", quantity="many"),
        line("S-3"),
        line("S-9"),
        line("S-4", hs_code="930400", amount="306.01"),
        line("S-4", currency="EUR"),
    ]
    report = await imported(market, workbook(slips, lines))
    assert (report["registered"], report["refused"]) == (1, 5)
    assert sorted(problems(report)) == sorted(
        [
            (SLIPS_SHEET, 3, "交易日期", "cell_not_date"),
            (SLIPS_SHEET, 3, "结算方式", "cell_not_a_choice"),
            (LINES_SHEET, 3, "交易数量", "cell_not_number"),
            (SLIPS_SHEET, 4, "商户", "subject_not_filed"),
            (SLIPS_SHEET, 4, "委托代理出口", "export_agency_not_in_force"),
            (LINES_SHEET, 5, "交易单号", "slip_unknown"),
            (SLIPS_SHEET, 6, "交易单号", "cell_repeated"),
            (LINES_SHEET, 7, "币种", "slip_currencies_differ"),
            (SLIPS_SHEET, 7, "交易单号", "slip_without_lines"),
        ]
    )
    assert ("R-FILE-1", "subject_not_filed") in audited(dsn)


async def test_a_rule_broken_by_a_line_names_its_cell(market: Any, dsn: str) -> None:
    lines = [line(), line(hs_code="9304000000"), line(amount="306.01"), line(quantity="0")]
    report = await imported(market, workbook([slip()], lines))
    assert report["registered"] == 0
    assert problems(report) == [(LINES_SHEET, 5, "交易数量", "field_out_of_range")]
    report = await imported(market, workbook([slip()], lines[:3]))
    assert problems(report) == [
        (LINES_SHEET, 3, "商品HS编码", "goods_not_allowed"),
        (LINES_SHEET, 4, "货值", "amount_differs"),
    ]
    assert {("R-GOODS-1", "goods_not_allowed"), ("R-TRADE-2", "amount_differs")} <= audited(dsn)


async def test_a_slip_registered_before_is_refused_and_the_rest_of_the_workbook_is_not(market: Any) -> None:
    await imported(market, workbook([slip("S-1")], [line("S-1")]))
    report = await imported(market, workbook([slip("S-1"), slip("S-2")], [line("S-1"), line("S-2")]))
    assert report["registered"] == 1
    assert problems(report) == [(SLIPS_SHEET, 2, "交易单号", "slip_registered_already")]


async def test_the_same_import_again_is_the_same_report(market: Any) -> None:
    content = workbook([slip()], [line()])
    first = await imported(market, content, key="monday")
    assert await imported(market, content, key="monday") == first


async def test_a_domestic_leg_arrives_sealed_and_an_incomplete_one_is_named(market: Any) -> None:
    whole = {
        "domestic_amount": "200",
        "domestic_paid_on": "2026-05-12",
        "domestic_payer": "成渝公司",
        "domestic_payee": "经营部",
        "domestic_reference": "R-1",
    }
    slips = [slip("S-1", **whole), slip("S-2", **{**whole, "domestic_paid_on": ""})]
    report = await imported(market, workbook(slips, [line("S-1"), line("S-2")]))
    assert problems(report) == [(SLIPS_SHEET, 3, "境内付款日期", "field_not_date")]
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert trade["trade"]["domestic_leg"]["payer"] == "成***"


def spread_out() -> bytes:
    """Two cells at opposite corners: a few bytes as a file, seventeen thousand million cells as a table."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    for name in (SLIPS_SHEET, LINES_SHEET):
        sheet = book.add_worksheet(name)
        sheet.write(0, 0, "x")
        sheet.write(1_048_575, 16_383, "x")
    book.close()
    return file.getvalue()


def lying_about_its_size() -> bytes:
    """An entry that unpacks to far more than it says."""
    honest = io.BytesIO()
    with zipfile.ZipFile(honest, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 100_000_000)
    claimed = (100_000_000).to_bytes(4, "little")
    return honest.getvalue().replace(claimed, (1000).to_bytes(4, "little"))


@pytest.mark.parametrize(
    "content",
    [b"", b"PK not a zip", workbook([], [], **{LINES_SHEET: "sheet"}), spread_out(), lying_about_its_size()],
    ids=["empty", "no zip", "other sheets", "two far cells", "a lying size"],
)
async def test_what_is_no_trade_workbook_is_refused_whole(market: Any, content: bytes) -> None:
    answer = await market.door.call("POST", "/v1/trade-imports", content=content, headers=XLSX, **market.as_operator())
    assert (answer.status_code, answer.json()["code"]) == (422, "workbook_unreadable")


async def test_the_template_has_the_columns_that_an_import_reads(market: Any) -> None:
    answer = await market.door.call("GET", "/v1/trade-imports/template", **market.as_operator())
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    for sheet, columns in ((SLIPS_SHEET, SLIP_COLUMNS), (LINES_SHEET, LINE_COLUMNS)):
        headers = [str(cell).rstrip("*") for cell in book.get_sheet_by_name(sheet).to_python()[0]]
        assert headers == [column.header for column in columns]


async def test_ndjson_registers_each_row_by_itself_with_one_report(market: Any, dsn: str) -> None:
    rival = market.trade(consignor_id=str(market.rival), seller_id=str(market.buyer))
    rows = [
        market.trade(external_ref="a"),
        market.trade(total="1"),
        {"seller_id": "x"},
        rival,
        market.trade(external_ref="a"),
        market.trade(),
    ]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert (report["registered"], report["refused"]) == (2, 4)
    codes = [[each["code"] for each in result["problems"]] for result in report["results"]]
    assert codes[1] == ["total_differs"]
    assert "field_not_id" in codes[2]
    assert codes[3] == ["not_yours"]
    assert codes[4] == ["slip_registered_already"]
    assert {("R-TRADE-2", "total_differs"), ("V65", "not_yours")} <= audited(dsn)


async def test_a_bulk_over_several_statements_is_one_transaction(market: Any, dsn: str) -> None:
    content = "\n".join(json.dumps(market.trade()) for _ in range(250)).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=content, **market.as_operator())
    assert report["registered"] == 250
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*), count(DISTINCT xid::text) FROM outbox").fetchone()
    assert found == (250, 1)
