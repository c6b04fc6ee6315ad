"""In which cell of a workbook a breach is to be mended (R-TRADE-1)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.vocabulary.rules import Breach
from trade_ledger.domain.slips import Fault, Slip, header_of
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET


def slip(*faults: Fault, lines: int = 2) -> Slip:
    """A slip of row 5 whose lines stand in the rows 8 and 9."""
    rows: list[Any] = [(8 + n, {"goods_name": f"goods {n}"}) for n in range(lines)]
    return Slip("S-1", 5, {"slip": "S-1"}, rows, list(faults))


def breach(pointer: str, code: str = "wrong") -> Breach:
    return Breach(code, "R-TRADE-1", pointer)


FIRST_LINE_FAULTY = Fault(LINES_SHEET, 8, "商品名称", breach("", "cell_empty"))


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/seller_id", (SLIPS_SHEET, 5, "商户")),
        ("/buyer_id", (SLIPS_SHEET, 5, "采购商证件号码")),
        ("/export_agency_id", (SLIPS_SHEET, 5, "委托代理出口")),
        ("/export_mode", (SLIPS_SHEET, 5, "出口方式")),
        ("/external_ref", (SLIPS_SHEET, 5, "交易单号")),
        ("/domestic_leg/paid_on", (SLIPS_SHEET, 5, header_of(SLIP_COLUMNS, "domestic_paid_on"))),
        ("/domestic_leg", (SLIPS_SHEET, 5, "")),
        ("/consignor_id", (SLIPS_SHEET, 5, "")),
        ("/currency", (LINES_SHEET, 8, "币种")),
        ("/total", (LINES_SHEET, 8, "货值")),
        ("/lines", (SLIPS_SHEET, 5, "交易单号")),
        ("/lines/x/quantity", (SLIPS_SHEET, 5, "交易单号")),
        ("/lines/0", (LINES_SHEET, 8, "")),
        ("/lines/0/quantity", (LINES_SHEET, 8, "交易数量")),
        ("/lines/1/quantity", (LINES_SHEET, 9, "交易数量")),
        ("/lines/1/hs_code", (LINES_SHEET, 9, "商品HS编码")),
        ("", (SLIPS_SHEET, 5, "")),
    ],
)
def test_a_breach_points_to_the_cell_that_its_field_came_from(pointer: str, place: tuple[str, int, str]) -> None:
    (found,) = slip().all_faults([breach(pointer)])
    assert (found.sheet, found.row, found.column) == place


def test_what_all_lines_share_is_said_where_it_can_be_read() -> None:
    faulty = slip(Fault(LINES_SHEET, 8, "币种", breach("", "cell_error")))
    _, shared = faulty.all_faults([breach("/currency")])
    assert (shared.row, shared.column) == (9, "币种")


def test_a_fault_in_an_amount_is_not_told_again_for_the_sum() -> None:
    by_cell = slip(Fault(LINES_SHEET, 9, "货值", breach("", "cell_not_number")))
    assert [each.breach.code for each in by_cell.all_faults([breach("/total", "field_pattern")])] == ["cell_not_number"]
    of_form = [Breach("field_pattern", "", "/lines/1/amount"), Breach("field_pattern", "", "/total")]
    assert [each.row for each in slip().all_faults(of_form)] == [9]


def test_a_line_that_is_not_there_has_no_cell() -> None:
    told = slip(lines=1).all_faults([breach("/lines/1/hs_code"), breach("/lines/0/hs_code")])
    assert [(each.sheet, each.row) for each in told] == [(LINES_SHEET, 8)]


def test_a_refused_slip_says_something_whatever_it_is_refused_for() -> None:
    (found,) = slip(lines=0).all_faults([breach("/total")])
    assert (found.sheet, found.row, found.column) == (SLIPS_SHEET, 5, "")


@pytest.mark.parametrize(
    ("fault", "unread"),
    [
        (FIRST_LINE_FAULTY, {"/lines/0/goods_name"}),
        (Fault(LINES_SHEET, 9, "币种", breach("")), {"/lines/1/currency"}),
        (Fault(LINES_SHEET, 7, "币种", breach("")), set()),
        (Fault(LINES_SHEET, 8, "", breach("")), set()),
        (Fault(SLIPS_SHEET, 5, "交易日期", breach("")), {"/trade_date"}),
        (
            Fault(SLIPS_SHEET, 5, "商户", breach("")),
            {"/seller_id", "/stall_number", "/consignor_id", "/export_agency_id"},
        ),
        (Fault(SLIPS_SHEET, 5, "采购商国别", breach("")), {"/buyer_id", "/procurement_agency_id"}),
        (Fault(SLIPS_SHEET, 5, "境内付款日期", breach("")), {"/domestic_leg/paid_on"}),
        (Fault(SLIPS_SHEET, 5, "", breach("")), set()),
    ],
)  # fmt: skip
def test_a_fault_names_what_of_the_entry_can_not_be_read(fault: Fault, unread: set[str]) -> None:
    assert slip(fault).unread() == unread


def test_of_a_line_without_its_slip_only_the_line_is_read() -> None:
    orphan = Slip("S-9", 8, {}, [(8, {"goods_name": "x"})])
    assert {"/seller_id", "/trade_date", "/total"} <= orphan.unread()
    told = [breach("/seller_id"), breach("/lines/0/hs_code"), breach("/total")]
    assert [(each.sheet, each.row) for each in orphan.all_faults(told)] == [(LINES_SHEET, 8)]


def test_without_lines_no_line_is_read() -> None:
    assert slip(lines=0).unread() == {"/lines"}


def test_an_unusable_cell_has_only_its_own_fault() -> None:
    faulty = Fault(SLIPS_SHEET, 5, "商户", breach("", "cell_empty"))
    assert list(slip(faulty).all_faults([breach("/seller_id"), breach("/export_mode")])) == [
        faulty,
        Fault(SLIPS_SHEET, 5, "出口方式", breach("/export_mode")),
    ]


def test_one_cell_is_told_of_each_kind_of_breach_once() -> None:
    said = [breach("/seller_id"), breach("/stall_number"), breach("/seller_id", "other")]
    assert [each.breach for each in slip().all_faults(said)] == [said[0], said[2]]


@pytest.mark.parametrize(("field", "header"), [("quantity", "交易数量"), ("nothing", "")])
def test_a_field_without_a_column_has_no_header(field: str, header: str) -> None:
    assert header_of(LINE_COLUMNS, field) == header
