"""Which slips two sheets hold: each whole, or named by what makes it unclear (R-TRADE-1)."""

from __future__ import annotations

from typing import Any

import pytest

from trade_ledger.domain.cells import Cell, Sheet
from trade_ledger.domain.slip_sheets import SlipSheets, slips_of
from trade_ledger.domain.workbook import LINES_SHEET, SHEETS, SLIPS_SHEET

SLIP = {"slip": "S-1", "stall_number": "02-1", "export_mode": "own", "channel": "market", "trade_date": "2026-05-13",
        "price_term": "FOB", "settlement_method": "fx"}  # fmt: skip
LINE = {"slip": "S-1", "goods_name": "扳手", "hs_code": "820412", "quantity": "1", "unit": "把", "packages": "1",
        "package_unit": "箱", "currency": "USD", "amount": "1", "net_weight_kg": "1", "unit_price": "1",
        "origin_place": "大足", "statutory_quantity": "1", "statutory_unit": "千克"}  # fmt: skip


def sheet(name: str, *rows: dict[str, Any], stray: dict[int, Cell] | None = None) -> Sheet:
    """Rows from row 2 on; a value is a text or a cell; `stray` is added to row 2."""
    columns = SHEETS[name]
    table = {1: {at: Cell("text", column.header) for at, column in enumerate(columns)}}
    for number, row in enumerate(rows, 2):
        told = {at: row[column.field] for at, column in enumerate(columns) if row.get(column.field)}
        table[number] = {at: cell if isinstance(cell, Cell) else Cell("text", cell) for at, cell in told.items()}
    table.setdefault(2, {}).update(stray or {})
    return Sheet({number: row for number, row in table.items() if row})


def read(slips: list[dict[str, Any]], lines: list[dict[str, Any]], **stray: Any) -> SlipSheets:
    found = slips_of({SLIPS_SHEET: sheet(SLIPS_SHEET, *slips), LINES_SHEET: sheet(LINES_SHEET, *lines, **stray)})
    assert isinstance(found, SlipSheets)
    return found


def faults(found: SlipSheets) -> dict[str, list[tuple[str, str]]]:
    """Each slip's faults: address in its sheet, and code."""
    return {slip.number: [(found.cell_of(each), each.breach.code) for each in slip.faults] for slip in found.slips}


def slip(number: str) -> dict[str, Any]:
    return {**SLIP, "slip": number}


def line(number: Any, **changed: Any) -> dict[str, Any]:
    return {**LINE, "slip": number, **changed}


def test_a_slip_has_the_lines_that_name_it() -> None:
    found = read([slip("S-1"), slip("S-2")], [line("S-2"), line("S-1"), line("S-2")])
    assert faults(found) == {"S-1": [], "S-2": []}
    assert [[row for row, _ in each.lines] for each in found.slips] == [[3], [2, 4]]


def test_the_currency_of_a_slip_is_its_first_lines() -> None:
    told = [line("S-1"), line("S-1", currency="EUR"), line("S-1")]
    assert faults(read([slip("S-1")], told)) == {"S-1": [("O3", "slip_currencies_differ")]}


def test_a_number_that_was_typed_wide_is_the_same() -> None:
    assert faults(read([slip("S-1")], [line("Ｓ－１")])) == {"S-1": []}


def test_a_slip_number_merged_over_rows_is_each_rows() -> None:
    found = read([slip("S-1")], [line(Cell("text", "S-1", "down")), line(Cell("text", "S-1", "down"))])
    assert len(found.slips[0].lines) == 2


@pytest.mark.parametrize(
    ("unreadable", "code"),
    [
        ("", "cell_empty"),
        (Cell("error", "#N/A"), "cell_error"),
        (Cell("uncomputed", ""), "cell_not_computed"),
        (Cell("date", "2026-03-08"), "cell_became_date"),
        (Cell("text", "S-1", "across"), "cell_merged"),
    ],
)
def test_a_line_without_a_readable_slip_stops_the_slips_beside_it(unreadable: Any, code: str) -> None:
    numbers = ["S-1", "S-2", "S-3", "S-4"]
    lines = [line("S-1"), line("S-2"), line(unreadable), line("S-3"), line("S-4")]
    stopped = [("A4", "slip_of_line_unclear")]
    assert faults(read([slip(each) for each in numbers], lines)) == {
        "S-1": [], "S-2": stopped, "S-3": stopped, "S-4": [], "row 4": [("A4", code)],
    }  # fmt: skip


def test_a_number_with_an_invisible_character_is_refused_and_keeps_its_lines() -> None:
    numbers = ["S-1", "S-1\u200b"]
    found = faults(read([slip(each) for each in numbers], [line(each) for each in numbers]))
    assert found == {"S-1": [], "S-1\u200b": [("A3", "cell_invisible"), ("A3", "cell_invisible")]}


def test_a_line_of_a_number_with_an_invisible_character_stops_the_slip_that_looks_like_it() -> None:
    found = faults(read([slip("S-1")], [line("S-1"), line("S-1\u200b")]))
    assert found["S-1"] == [("A3", "slip_of_line_unclear")]
    assert found["S-1\u200b"] == [("A3", "slip_unknown"), ("A3", "cell_invisible")]


@pytest.mark.parametrize("place", [0, 1])
def test_at_either_end_one_slip_is_beside_it(place: int) -> None:
    lines = [line("S-1")]
    lines.insert(place, line(""))
    assert [code for _, code in faults(read([slip("S-1")], lines))["S-1"]] == ["slip_of_line_unclear"]


def test_a_row_of_sums_is_named_and_stops_nobody() -> None:
    found = faults(read([slip("S-1")], [line("S-1"), {"quantity": "1", "amount": "1"}]))
    assert found["S-1"] == []
    assert ("A3", "cell_empty") in found["row 3"]


def test_a_line_of_a_slip_that_is_not_there_stops_nobody() -> None:
    assert faults(read([slip("S-1")], [line("S-1"), line("S-9")])) == {"S-1": [], "S-9": [("A3", "slip_unknown")]}


def test_a_value_under_no_header_is_named_by_its_address() -> None:
    stray = {len(SHEETS[LINES_SHEET]): Cell("text", "加急")}
    assert faults(read([slip("S-1")], [line("S-1")], stray=stray)) == {"S-1": [("X2", "cell_without_header")]}


def test_a_row_of_nothing_but_such_a_value_is_told_of_that_only() -> None:
    found = slips_of({
        SLIPS_SHEET: sheet(SLIPS_SHEET, slip("S-1")),
        LINES_SHEET: sheet(LINES_SHEET, {}, line("S-1"), stray={30: Cell("number", "7")}),
    })  # fmt: skip
    assert isinstance(found, SlipSheets)
    assert faults(found) == {"S-1": [], "row 2": [("AE2", "cell_without_header")]}


def test_an_unreadable_cell_has_its_own_fault_only() -> None:
    unread = slip("S-1") | {"buyer_kind": Cell("error", "#N/A"), "buyer_number": "x", "buyer_country": "RU"}
    unread |= {"stall_number": Cell("boolean", "TRUE")}
    lines = [line("S-1", currency=Cell("error", "#N/A")), line("S-1", stall_number="02-1")]
    assert faults(read([unread], lines)) == {
        "S-1": [("B2", "cell_is_boolean"), ("C2", "cell_error"), ("O2", "cell_error")]
    }


def test_half_a_buyer_is_told_what_is_missing() -> None:
    half = slip("S-1") | {"buyer_kind": "passport"}
    assert faults(read([half], [line("S-1")]))["S-1"] == [("D2", "cell_empty"), ("E2", "cell_empty")]


def test_a_slip_twice_or_without_lines_is_named() -> None:
    found = faults(read([slip("S-1"), slip("S-1"), slip("S-2")], [line("S-1")]))
    assert found == {"S-1": [("A3", "cell_repeated")], "S-2": [("A4", "slip_without_lines")]}


def test_what_a_sheet_does_not_show_is_told() -> None:
    lines = sheet(LINES_SHEET, line("S-1"))
    lines.hidden, lines.hidden_rows, lines.hidden_columns = True, [2], [0, 26]
    found = slips_of({SLIPS_SHEET: sheet(SLIPS_SHEET, slip("S-1")), LINES_SHEET: lines})
    assert isinstance(found, SlipSheets)
    (part,) = found.hidden
    assert (part.sheet, part.whole, part.rows, part.columns) == (LINES_SHEET, True, (2,), ("A", "AA"))


def test_a_header_that_is_no_text_is_a_column_that_nobody_knows() -> None:
    odd = sheet(LINES_SHEET, line("S-1"))
    odd.rows[1][23] = Cell("uncomputed", "")
    found = slips_of({SLIPS_SHEET: sheet(SLIPS_SHEET, slip("S-1")), LINES_SHEET: odd})
    assert [(each.code, each.params["column"]) for each in found] == [("column_unknown", "uncomputed")]  # type: ignore[union-attr, attr-defined]  # breaches
