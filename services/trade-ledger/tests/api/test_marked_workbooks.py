"""The workbook that comes back: the report's errors in its cells, in both languages, and a sheet that sums them up."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import psycopg
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from trade_ledger.domain.workbook import LINES_SHEET, SHEETS, SLIPS_SHEET
from trade_ledger.gateways import xlsx
from trade_ledger.gateways.xlsx_marking import SUMMARY, marked

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ACCEPTING = {"content-type": XLSX, "accept": f"{XLSX}, application/json;q=0.5"}


async def sent(sheets: Any, content: bytes, key: str = "monday", **headers: str) -> Any:
    how = {**sheets.market.as_operator(), "headers": {**ACCEPTING, **headers}, "key": key}
    return await sheets.market.door.call("POST", "/v1/trade-imports", content=content, **how)


def opened(answer: Any) -> Workbook:
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    return load_workbook(io.BytesIO(answer.content))


def comments(book: Workbook) -> dict[tuple[str, str], str]:
    return {
        (sheet.title, cell.coordinate): cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None
    }


def said(book: Workbook) -> list[list[str]]:
    return [[str(cell.value or "") for cell in row] for row in book[SUMMARY].iter_rows()]


async def test_the_workbook_comes_back_with_its_errors_in_their_cells(sheets: Any) -> None:
    slips = [sheets.slip("S-1", trade_date="13.05.2026"), sheets.slip("S-2")]
    content = sheets.written(slips, [sheets.line("S-1", amount="306.01"), sheets.line("S-2")])
    book = opened(await sent(sheets, content))
    found = comments(book)
    assert set(found) == {(SLIPS_SHEET, "J2"), (LINES_SHEET, "P2")}
    assert "应为 306.00" in found[LINES_SHEET, "P2"]
    assert "Expected 306.00" in found[LINES_SHEET, "P2"]
    assert book[LINES_SHEET]["P2"].fill.fgColor.rgb == "FFFFC7CE"
    assert book[LINES_SHEET]["P3"].fill.fgColor.rgb != "FFFFC7CE"
    assert (book[LINES_SHEET]["P2"].value, book[SLIPS_SHEET]["A3"].value) == ("306.01", "S-2")
    assert book.sheetnames == [SUMMARY, SLIPS_SHEET, LINES_SHEET]
    told = said(book)
    assert told[0][0] == "已登记 1 单，未登记 1 单"
    assert [row[:4] for row in told[2:]] == [
        ["未登记 refused", "S-1", f"{SLIPS_SHEET}!J2", "交易日期"],
        ["未登记 refused", "S-1", f"{LINES_SHEET}!P2", "货值"],
        ["已登记 registered", "S-2", "", ""],
    ]


async def test_the_same_request_again_marks_the_report_that_was_kept(sheets: Any, dsn: str) -> None:
    content = sheets.written([sheets.slip()], [sheets.line()])
    report = await sheets.sent(content, key="monday")
    assert report.json()["registered"] == 1
    again = await sent(sheets, content)
    assert again.headers["idempotency-replayed"] == "true"
    assert said(opened(again))[2][1] == "S-1"
    assert (await sent(sheets, content)).content == again.content
    assert (await sheets.sent(content, key="monday")).json() == report.json()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM trades").fetchone() == (1,)


@pytest.mark.parametrize("risky", ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "=cmd|'/c calc'!A1"])
async def test_what_a_user_wrote_becomes_no_formula(sheets: Any, risky: str) -> None:
    plain = sheets.written([sheets.slip("S-1", stall_number="09-1")], [sheets.line("S-1")])
    typed = load_workbook(io.BytesIO(plain))
    for sheet in (SLIPS_SHEET, LINES_SHEET):
        typed[sheet]["A2"].value = risky
        typed[sheet]["A2"].data_type = "s"
    file = io.BytesIO()
    typed.save(file)
    book = opened(await sent(sheets, file.getvalue()))
    assert risky in [row[1] for row in said(book)]
    assert [
        cell.coordinate
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ] == []
    assert all(cell.quotePrefix for cell in book[SUMMARY]["B"] if str(cell.value) == risky)


async def test_what_the_users_workbook_has_besides_stays(sheets: Any) -> None:
    typed = load_workbook(io.BytesIO(sheets.written([sheets.slip()], [sheets.line(amount="306.01")])))
    typed[LINES_SHEET]["P2"].comment = Comment("ask Li", "Wang")
    typed[LINES_SHEET]["R2"].value = "=P2/K2"
    typed.create_sheet("备注")["B7"] = "kept"
    file = io.BytesIO()
    typed.save(file)
    book = opened(await sent(sheets, file.getvalue()))
    assert book["备注"]["B7"].value == "kept"
    assert book[LINES_SHEET]["R2"].value == "=P2/K2"
    assert book[LINES_SHEET]["P2"].comment.text == "ask Li"
    assert "公式没有计算结果" in book[LINES_SHEET]["R2"].comment.text


async def test_a_mended_workbook_sent_again_shows_the_newest_errors_only(sheets: Any) -> None:
    first = await sent(sheets, sheets.written([sheets.slip()], [sheets.line(amount="306.01")]))
    mended = opened(first)
    mended[LINES_SHEET]["P2"].value = "306.00"
    mended[SLIPS_SHEET]["B2"].value = "09-1"
    file = io.BytesIO()
    mended.save(file)
    book = opened(await sent(sheets, file.getvalue(), key="tuesday"))
    assert set(comments(book)) == {(SLIPS_SHEET, "B2"), (SLIPS_SHEET, "G2")}
    assert book[LINES_SHEET]["P2"].fill.fgColor.rgb != "FFFFC7CE"
    assert book.sheetnames.count(SUMMARY) == 1


async def test_a_refused_workbook_is_answered_with_the_problem(sheets: Any) -> None:
    answer = await sent(sheets, b"nothing")
    assert (answer.status_code, answer.json()["code"]) == (422, "workbook_unreadable")


async def test_who_asks_for_json_gets_the_report(sheets: Any) -> None:
    content = sheets.written([sheets.slip()], [sheets.line()])
    answer = await sent(sheets, content, accept="application/json")
    assert answer.json()["registered"] == 1


async def test_a_workbook_that_can_not_be_marked_is_registered_and_reported(
    sheets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "_MOST_SECONDS_OF_MARKING", 0.01)
    content = sheets.written([sheets.slip()], [sheets.line()])
    assert (await sent(sheets, content)).json()["registered"] == 1


def report_of(*problems: dict[str, Any], hidden: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    result = {"row": 2, "reference": "S-1", "id": None, "number": None, "problems": list(problems)}
    return {"registered": 0, "refused": 1, "results": [result], "hidden": list(hidden)}


def problem(cell: str, sheet: str = LINES_SHEET) -> dict[str, Any]:
    texts = {"message": "wrong", "message_zh": "错误", "fix": "mend", "fix_zh": "更正"}
    return {"sheet": sheet, "cell": cell, "row": 2, "column": "货值", "code": "x", **texts}


def test_a_merged_cell_is_marked_at_its_first(sheets: Any) -> None:
    typed = load_workbook(io.BytesIO(sheets.written([sheets.slip()], [sheets.line(), sheets.line()])))
    typed[LINES_SHEET].merge_cells("P2:P3")
    file = io.BytesIO()
    typed.save(file)
    book = load_workbook(io.BytesIO(marked(report_of(problem("P3"), problem("P3")), file.getvalue())))
    assert comments(book)[LINES_SHEET, "P2"].count("错误") == 2


def test_a_users_own_comment_stays_above_ours(sheets: Any) -> None:
    typed = load_workbook(io.BytesIO(sheets.written([sheets.slip()], [sheets.line()])))
    typed[LINES_SHEET]["P2"].comment = Comment("ask Li", "Wang")
    file = io.BytesIO()
    typed.save(file)
    once = marked(report_of(problem("P2")), file.getvalue())
    assert comments(load_workbook(io.BytesIO(once)))[LINES_SHEET, "P2"].startswith("ask Li\n\n—— 导入结果 ——\n错误")
    assert comments(load_workbook(io.BytesIO(marked(report_of(), once)))) == {(LINES_SHEET, "P2"): "ask Li"}


def test_pictures_and_hidden_parts_are_told(sheets: Any) -> None:
    folder = Path(__file__).with_name("workbooks")
    content = (folder / "a10-120-pictures.xlsx").read_bytes()
    hidden = {"sheet": SLIPS_SHEET, "whole": False, "rows": [3], "columns": ["C"]}
    rows = said(load_workbook(io.BytesIO(marked(report_of(hidden=(hidden,)), content))))
    assert rows[1][0] == f"工作表 {SLIPS_SHEET} 有隐藏内容，已一并读取：行 3、列 C"
    assert rows[2][0] == "图片未保留"


@pytest.mark.parametrize("name", ["a06-stray-space-in-last-row", "a07-25000-blank-formula-rows"])
def test_blanks_make_no_workbook_too_large_to_be_marked(name: str) -> None:
    content = (Path(__file__).with_name("workbooks") / f"{name}.xlsx").read_bytes()
    book = load_workbook(io.BytesIO(marked(report_of(problem("P2")), content)), read_only=True)
    assert set(book.sheetnames) == {SUMMARY, *SHEETS}
