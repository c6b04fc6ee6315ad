from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from shared.workshop.testing.registry_events import subject
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SHEETS, SLIP_COLUMNS, SLIPS_SHEET

STALL = "02-000018"


def problems(report: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [
        (each["sheet"], each["row"], each["column"], each["code"])
        for result in report["results"]
        for each in result["problems"]
    ]


def lying_about_its_size() -> bytes:
    """A ZIP entry that unpacks to far more bytes than its header says."""
    honest = io.BytesIO()
    with zipfile.ZipFile(honest, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 100_000_000)
    claimed = (100_000_000).to_bytes(4, "little")
    return honest.getvalue().replace(claimed, (1000).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        pytest.param(b"", ["workbook_unreadable"], id="empty"),
        pytest.param(b"PK not a zip", ["workbook_unreadable"], id="no zip"),
        pytest.param(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), ["workbook_unreadable"], id="an old .xls"),
        pytest.param("交易单号,商户\n".encode("gbk"), ["workbook_unreadable"], id="a .csv"),
        pytest.param(lying_about_its_size(), ["workbook_unreadable"], id="a lying size"),
    ],
)
async def test_a_file_that_is_no_workbook_is_refused(sheets: Any, content: bytes, codes: list[str]) -> None:
    answer = await sheets.sent(content)
    assert (answer.status_code, [each["code"] for each in answer.json()["errors"]]) == (422, codes)


async def test_a_workbook_with_other_sheets_or_without_rows_is_refused(sheets: Any) -> None:
    other = await sheets.sent(sheets.of(("Sheet1", ["x"], [])))
    assert [each["code"] for each in other.json()["errors"]] == ["sheet_missing", "sheet_missing"]
    assert (await sheets.sent(sheets.written([], []))).json()["code"] == "batch_empty"


async def test_every_column_that_is_missing_unknown_or_repeated_is_named_at_once(sheets: Any) -> None:
    slips = [column.header for column in SLIP_COLUMNS if column.field != "channel"]
    lines = [column.header for column in LINE_COLUMNS if column.field not in ("amount", "item_mark")]
    content = sheets.of(
        (SLIPS_SHEET, [*slips, "渠 道", "备注"], []), (LINES_SHEET, [*lines, "货值 （元）", "单位", ""], [])
    )
    problem = (await sheets.sent(content)).json()
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [
        (f"/{SLIPS_SHEET}/备注", "column_unknown"),
        (f"/{LINES_SHEET}/货值", "column_missing"),
        (f"/{LINES_SHEET}/货值(元)", "column_unknown"),
        (f"/{LINES_SHEET}/单位", "column_repeated"),
    ]
    assert "货值" in problem["errors"][1]["message_zh"]


async def test_a_workbook_without_the_optional_columns_is_read(sheets: Any) -> None:
    tables = []
    for (name, columns), row in zip(SHEETS.items(), (sheets.slip(), sheets.line()), strict=True):
        needed = [column for column in columns if column.required]
        headers = [f"{column.header}＊" for column in needed]
        tables.append((name, headers, [[row[column.field] for column in needed]]))
    assert (await sheets.sent(sheets.of(*tables))).json()["registered"] == 1


@pytest.mark.parametrize(
    ("slip_cells", "line_cells"),
    [
        pytest.param({}, {"quantity": 120, "amount": 306.0, "packages": 6, "hs_code": 8204120000}, id="numbers"),
        pytest.param({}, {"amount": 2.55 * 120 - 6e-14}, id="what a formula leaves behind the 15th digit"),
        pytest.param({}, {"quantity": "１２０", "packages": "６"}, id="full-width digits"),
        pytest.param({"trade_date": "2026/5/13"}, {"stall_number": STALL}, id="a date with slashes"),
        pytest.param({"trade_date": "2026年5月13日"}, {"stall_number": "99"}, id="a Chinese date, the default stall"),
        pytest.param({"trade_date": datetime(2026, 5, 13)}, {}, id="a date of Excel"),  # noqa: DTZ001 - it has no zone
    ],
)
async def test_cells_as_people_type_them_are_read(
    market: Any, sheets: Any, slip_cells: dict[str, Any], line_cells: dict[str, Any]
) -> None:
    report = await sheets.imported([sheets.slip(**slip_cells)], [sheets.line(**line_cells)])
    assert problems(report) == []
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert (trade["trade"]["trade_date"], trade["trade"]["total"]) == ("2026-05-13", "306.00")


@pytest.mark.parametrize(
    ("slip_cells", "line_cells", "expected"),
    [
        ({}, {"packages": "9" * 5000}, [(LINES_SHEET, 2, "包装数量", "cell_not_number")]),
        ({}, {"packages": 6.5}, [(LINES_SHEET, 2, "包装数量", "cell_not_number")]),
        ({}, {"amount": "1,306.00"}, [(LINES_SHEET, 2, "货值", "cell_not_number")]),
        ({}, {"amount": "9" * 17}, [(LINES_SHEET, 2, "货值", "field_pattern")]),
        ({}, {"stall_number": "09-1"}, [(LINES_SHEET, 2, "商户", "slip_stalls_differ")]),
        ({"trade_date": "20260513"}, {}, [(SLIPS_SHEET, 2, "交易日期", "cell_not_date")]),
        ({"trade_date": 46155}, {}, [(SLIPS_SHEET, 2, "交易日期", "cell_not_date")]),
        ({"procurement_agency": "perhaps"}, {}, [(SLIPS_SHEET, 2, "委托采购", "cell_not_a_choice")]),
        ({"domestic_payer": "甲"}, {}, [(SLIPS_SHEET, 2, f"境内{name}", "cell_empty")
                                      for name in ("人民币金额", "付款日期", "收款人", "流水号")]),
        ({"buyer_kind": "passport"}, {}, [(SLIPS_SHEET, 2, f"采购商{name}", "cell_empty")
                                          for name in ("证件号码", "国别")]),
    ],
)  # fmt: skip
async def test_ambiguous_cells_are_named(
    sheets: Any, slip_cells: dict[str, Any], line_cells: dict[str, Any], expected: list[tuple[str, int, str, str]]
) -> None:
    assert problems(await sheets.imported([sheets.slip(**slip_cells)], [sheets.line(**line_cells)])) == expected


async def test_the_rules_are_checked_on_the_lines_that_can_be_read(sheets: Any) -> None:
    changed = [{"quantity": "many"}, {"hs_code": "9304000000"}, {"amount": "306.01"}, {"quantity": "0"}]
    lines = [sheets.line(**each) for each in changed]
    assert problems(await sheets.imported([sheets.slip(stall_number="09-1")], lines)) == [
        (LINES_SHEET, 2, "交易数量", "cell_not_number"),
        (LINES_SHEET, 5, "交易数量", "field_out_of_range"),
        (SLIPS_SHEET, 2, "商户", "subject_not_filed"),
        (SLIPS_SHEET, 2, "委托代理出口", "export_agency_not_in_force"),
        (LINES_SHEET, 3, "商品HS编码", "goods_not_allowed"),
        (LINES_SHEET, 4, "货值", "amount_differs"),
    ]


async def test_a_stall_belongs_to_its_holder_on_the_trade_date(market: Any, sheets: Any) -> None:
    """V5."""
    earlier = subject("stall_holder", subject_id=UUID(int=1), stall=STALL)
    (stall,) = earlier.subject.stalls
    ended = stall.model_copy(update={"valid_to": date(2026, 4, 30)})
    await market.hear(earlier.model_copy(update={"subject": earlier.subject.model_copy(update={"stalls": (ended,)})}))
    assert (await sheets.imported([sheets.slip()], [sheets.line()]))["registered"] == 1


async def test_a_stall_holder_imports_slips_that_its_operator_exports(market: Any, sheets: Any) -> None:
    how = {"role": "stall_holder", "subject_id": market.seller}
    named = await sheets.imported([sheets.slip(export_agency="LS-EA-0000001-0")], [sheets.line()], **how)
    assert (named["registered"], problems(named)) == (1, [])
    (trade,) = (await market.door.done("GET", "/v1/trades", **how))["items"]
    assert trade["consignor_id"] == str(market.operator)


async def test_a_refusal_in_a_report_says_what_to_do_and_which_rule_it_was(sheets: Any) -> None:
    report = await sheets.imported([sheets.slip()], [sheets.line(amount="306.01")])
    (problem,) = report["results"][0]["problems"]
    assert (problem["rule"], problem["code"]) == ("R-TRADE-2", "amount_differs")
    assert problem["rule_version"]
    assert "数量" in problem["fix_zh"]
    assert problem["fix"] == "Correct quantity, unit price or amount."


async def test_the_template_has_the_columns_that_an_import_reads(market: Any) -> None:
    answer = await market.door.call("GET", "/v1/trade-imports/template", **market.as_operator())
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    for sheet, columns in ((SLIPS_SHEET, SLIP_COLUMNS), (LINES_SHEET, LINE_COLUMNS)):
        headers = [str(cell).rstrip("*") for cell in book.get_sheet_by_name(sheet).to_python()[0]]
        assert headers == [column.header for column in columns]
