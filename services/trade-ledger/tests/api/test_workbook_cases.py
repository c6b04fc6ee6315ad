"""Small workbooks that once were registered wrong, lost something, or were refused without need.

The files of `workbooks/` were made by hand after public reports of people who do this work. All in them is invented.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.workshop.testing.registry_events import export_agency, subject
from trade_ledger.domain.workbook import LINES_SHEET, SLIPS_SHEET

FOLDER = Path(__file__).with_name("workbooks")
STALL_OF_FILES = "02-000001"


def problems(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["sheet"], each["cell"], each["code"]) for result in report["results"] for each in result["problems"]]


@pytest.fixture
async def stalls(market: Any) -> UUID:
    """The stall of the files is filed, and its holder entrusts the operator."""
    holder = uuid4()
    await market.hear(
        subject("stall_holder", subject_id=holder, stall=STALL_OF_FILES),
        export_agency(holder, market.operator, agreement_id=uuid4()),
    )
    return holder


async def sent(sheets: Any, name: str) -> dict[str, Any]:
    answer = await sheets.sent((FOLDER / f"{name}.xlsx").read_bytes())
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


@pytest.mark.parametrize(
    ("name", "registered", "refused"),
    [
        ("a01-error-cells-buyer", 0, [(SLIPS_SHEET, cell, "cell_error") for cell in ("C2", "D2", "E2")]),
        (
            "a03-formula-without-value-brand-and-spec",
            0,
            [(LINES_SHEET, cell, "cell_not_computed") for cell in ("F2", "H2")],
        ),
        ("a04-specification-became-date", 0, [(LINES_SHEET, "F2", "cell_became_date")]),
        ("a05-merged-slip-number", 1, []),
        ("a06-stray-space-in-last-row", 1, []),
        ("a07-25000-blank-formula-rows", 1, []),
        ("a08-superscript-packages", 0, [(LINES_SHEET, "M2", "cell_not_number")]),
        ("a10-120-pictures", 1, []),
        ("a11-value-under-empty-header", 0, [(LINES_SHEET, "X2", "cell_without_header")]),
        ("p01-rich-nbsp-fullwidth-numbers-pass", 1, []),
    ],
)
async def test_the_file_is_registered_or_refused_by_its_cells(
    stalls: UUID, sheets: Any, name: str, registered: int, refused: list[tuple[str, str, str]]
) -> None:
    report = await sent(sheets, name)
    assert (report["registered"], problems(report)) == (registered, refused)


async def test_a_row_of_errors_is_a_line_of_nobody_knows_which_slip(stalls: UUID, sheets: Any) -> None:
    report = await sent(sheets, "a02-error-row-of-goods")
    assert report["registered"] == 0
    found = problems(report)
    assert found[0] == (LINES_SHEET, "A3", "slip_of_line_unclear")
    assert len([each for each in found if each[2] == "cell_error"]) == 23


async def test_a_slip_number_merged_over_two_lines_is_both_lines(stalls: UUID, market: Any, sheets: Any) -> None:
    (result,) = (await sent(sheets, "a05-merged-slip-number"))["results"]
    trade = await market.door.done("GET", f"/v1/trades/{result['id']}", **market.as_operator())
    assert [each["goods_name"] for each in trade["trade"]["lines"]] == ["活动扳手", "钢丝钳"]


async def test_two_slips_of_one_number_to_the_eye_are_one(stalls: UUID, sheets: Any, dsn: str) -> None:
    report = await sent(sheets, "a09-slip-number-with-zero-width-space")
    assert (report["registered"], report["refused"]) == (1, 1)
    assert {code for _, _, code in problems(report)} == {"cell_invisible"}
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT external_ref FROM trades").fetchall() == [("FA-09",)]


async def test_a_refusal_is_in_words_and_not_in_patterns(stalls: UUID, sheets: Any) -> None:
    """A price with fifteen digits is refused in both languages as people say it; the dotted HS code is taken."""
    (result,) = (await sent(sheets, "a12-messages-of-a-workbook"))["results"]
    (problem,) = result["problems"]
    assert (result["id"], problem["sheet"], problem["cell"], problem["column"]) == (None, LINES_SHEET, "R2", "单价")
    assert problem["message"].startswith("Expected is a plain number such as 12.5")
    assert problem["message_zh"].startswith("应为纯数字，如 12.5")
    assert problem["fix_zh"] == "请按上述格式填写。"
    for text in (problem["message"], problem["message_zh"], problem["fix"], problem["fix_zh"]):
        assert not any(strange in text for strange in ("^", "\\", "[0-9]", "JSON", "string", "pattern"))


async def test_a_workbook_whose_buyer_has_a_permit_is_registered_with_it(
    market: Any, stalls: UUID, sheets: Any
) -> None:
    """R-FILE-4: by the document that the buyer was filed with; the file's trade date is the sandbox's 8 June."""
    market.door.at(datetime(2026, 6, 8, 1, tzinfo=UTC))
    index = market.door.app.state.runtime.sealer.identity_index("hk_macao_permit", "H10000015", "HK")
    filed = subject("buyer", status="effective")
    sealed = filed.subject.identity.model_copy(update={"blind_index": index})
    named = {"identity": sealed, "identity_kind": "hk_macao_permit", "country": "HK", "natural_person": True}
    state = filed.subject.model_copy(update=named)
    await market.hear(filed.model_copy(update={"subject": state}))
    report = await sent(sheets, "a15-permit-buyer")
    assert report["registered"] == 1, report
    trade = await market.door.done("GET", f"/v1/trades/{report['results'][0]['id']}", **market.as_operator())
    assert trade["trade"]["buyer_id"] == str(state.subject_id)


@pytest.mark.parametrize("again", ["FA-09\u200b", "ＦＡ－０９", " FA\u201109 ", "\ufeffFA-09", "F\u00adA-09"])
async def test_two_slips_of_one_number_to_the_eye_are_one_in_json_too(market: Any, again: str) -> None:
    """The number of case a09, sent as JSON and as a row of many (R-TRADE-1)."""
    first = await market.registered(external_ref="FA-09")
    answer = await market.door.call("POST", "/v1/trades", market.trade(external_ref=again), **market.as_operator())
    (told,) = answer.json()["errors"]
    assert (answer.status_code, told["code"], told["pointer"]) == (409, "slip_registered_already", "/external_ref")
    row = json.dumps(market.trade(external_ref=again)).encode()
    report = await market.door.done("POST", "/v1/trades/bulk", content=row, **market.as_operator())
    assert [each["code"] for each in report["results"][0]["problems"]] == ["slip_registered_already"]
    alone = await market.door.done("GET", "/v1/trades", **market.as_operator())
    assert [each["id"] for each in alone["items"]] == [first["id"]]


@pytest.mark.parametrize("field", ["specification", "brand", "item_mark", "producer"])
@pytest.mark.parametrize(("value", "code"), [(True, "cell_is_boolean"), (500111198001011233, "cell_digits_lost")])
async def test_what_is_no_text_is_never_stored_as_text(sheets: Any, field: str, value: Any, code: str) -> None:
    report = await sheets.imported([sheets.slip()], [sheets.line(**{"brand_statement": "own", field: value})])
    assert (report["registered"], [found for *_, found in problems(report)]) == (0, [code])


async def test_what_is_hidden_is_registered_like_the_rest_and_named(market: Any, sheets: Any) -> None:
    file = io.BytesIO()
    written = io.BytesIO(sheets.written([sheets.slip()], [sheets.line()]))
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(file, "w") as new:
        for each in old.infolist():
            new.writestr(each.filename, old.read(each).replace(b'<row r="2"', b'<row r="2" hidden="1"'))
    report = (await sheets.sent(file.getvalue())).json()
    assert (report["registered"], problems(report)) == (1, [])
    assert report["hidden"] == [
        {"sheet": sheet, "whole": False, "rows": [2], "columns": []} for sheet in (SLIPS_SHEET, LINES_SHEET)
    ]
