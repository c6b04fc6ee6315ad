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
        ("/lines", (SLIPS_SHEET, 5, "")),
        ("/lines/x/quantity", (SLIPS_SHEET, 5, "")),
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


def test_lines_are_counted_without_those_that_can_not_be_used() -> None:
    faulty = slip(FIRST_LINE_FAULTY)
    assert [row for row, _ in faulty.usable_lines()] == [9]
    _, named, summed = faulty.all_faults([breach("/lines/0/quantity"), breach("/total")])
    assert (named.row, summed.row) == (9, 9)


def test_a_fault_of_the_slip_leaves_its_lines_usable() -> None:
    assert len(slip(Fault(SLIPS_SHEET, 8, "商户", breach(""))).usable_lines()) == 2


def test_without_a_usable_line_the_sum_is_a_matter_of_the_slip() -> None:
    (found,) = slip(lines=0).all_faults([breach("/total")])
    assert (found.sheet, found.row) == (SLIPS_SHEET, 5)


def test_an_unusable_cell_has_only_its_own_fault() -> None:
    faulty = Fault(SLIPS_SHEET, 5, "商户", breach("", "cell_empty"))
    assert list(slip(faulty).all_faults([breach("/seller_id"), breach("/export_mode")])) == [
        faulty,
        Fault(SLIPS_SHEET, 5, "出口方式", breach("/export_mode")),
    ]


def test_one_cell_is_told_of_each_kind_of_breach_once() -> None:
    said = [breach("/seller_id"), breach("/stall_number"), breach("/seller_id", "other")]
    assert [each.breach for each in slip().all_faults(said)] == [said[0], said[2]]


def test_blame_keeps_the_first_of_a_kind_in_each_cell() -> None:
    blamed = slip()
    blamed.blame([breach("/lines/0/amount"), breach("/export_mode"), breach("/total")])
    assert {each.breach.pointer for each in blamed.faults} == {"/lines/0/amount", "/export_mode"}
    assert len(blamed.faults) == 2


@pytest.mark.parametrize(("field", "header"), [("quantity", "交易数量"), ("nothing", "")])
def test_a_field_without_a_column_has_no_header(field: str, header: str) -> None:
    assert header_of(LINE_COLUMNS, field) == header
