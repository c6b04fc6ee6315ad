"""The trade workbook: which columns a row needs, what a cell may hold, which headers are taken."""

from __future__ import annotations

from datetime import date

import pytest

from shared.vocabulary.choices import Choices, choices_of
from trade_ledger.domain.workbook import (
    BUYER,
    DOMESTIC_LEG,
    LINE_COLUMNS,
    LINES_SHEET,
    SLIP_COLUMNS,
    SLIPS_SHEET,
    Column,
    breach_of_cell,
    breaches_of_headers,
    date_in,
    empty_companions,
    header_named,
)

OPTIONAL = {
    LINES_SHEET: {
        "stall_number", "item_mark", "specification", "producer", "brand", "brand_statement", "brand_evidence_hash",
        "second_statutory_quantity", "second_statutory_unit",
    },
    SLIPS_SHEET: {*BUYER, *DOMESTIC_LEG, "export_agency", "procurement_agency", "document_hash"},
}  # fmt: skip


MODES = choices_of("export_mode")


@pytest.mark.parametrize(("sheet", "columns"), [(LINES_SHEET, LINE_COLUMNS), (SLIPS_SHEET, SLIP_COLUMNS)])
def test_what_a_row_may_leave_empty(sheet: str, columns: tuple[Column, ...]) -> None:
    assert {each.field for each in columns if not each.required} == OPTIONAL[sheet]


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("text", "anything", None),
        ("number", "12", None),
        ("number", "-12.50", None),
        ("number", "1,200", "cell_not_number"),
        ("number", "1.", "cell_not_number"),
        ("whole", "0", None),
        ("whole", "999999999", None),
        ("whole", "1000000000", "cell_not_number"),
        ("whole", "1.5", "cell_not_number"),
        ("whole", "-1", "cell_not_number"),
        ("date", "2026-05-13", None),
        ("date", "13.05.2026", "cell_not_date"),
        ("date", "2026-02-29", "cell_not_date"),
        ("date", "banana", "cell_not_date"),
    ],
)
def test_a_cell_holds_what_its_column_is_for(kind: str, text: str, code: str | None) -> None:
    breach = breach_of_cell(Column("头", "field", True, "", kind), text)  # type: ignore[arg-type]  # one of four
    assert (breach.code if breach else None) == code


@pytest.mark.parametrize(
    ("required", "choices", "text", "code"),
    [
        (True, None, "", "cell_empty"),
        (False, None, "", None),
        (False, MODES, "", None),
        (True, MODES, "own", None),
        (True, MODES, "agency", None),
        (True, MODES, "ow", "cell_not_a_choice"),
    ],
)
def test_an_empty_cell_and_a_choice(required: bool, choices: Choices | None, text: str, code: str | None) -> None:
    column = Column("头", "export_mode", required, "", "choice" if choices else "text", choices)
    breach = breach_of_cell(column, text)
    assert (breach.code if breach else None) == code


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-05-13", date(2026, 5, 13)),
        ("2026/5/13", date(2026, 5, 13)),
        ("2026.5.3", date(2026, 5, 3)),
        ("2026年5月13日", date(2026, 5, 13)),
        ("2026-13-01", None),
        ("2026-5", None),
        ("", None),
    ],
)
def test_a_date_begins_with_its_year(text: str, read: date | None) -> None:
    assert date_in(text) == read


def of_headers(*more: str, without: str = "") -> list[tuple[str, str]]:
    headers = [each.header for each in SLIP_COLUMNS if each.header != without]
    return [(each.code, each.params["column"]) for each in breaches_of_headers(SLIPS_SHEET, [*headers, *more])]


def test_columns_that_are_missing_repeated_or_nobodys_are_named() -> None:
    assert of_headers() == []
    assert of_headers("") == []
    assert of_headers(without="商户") == [("column_missing", "商户")]
    assert of_headers(without="单据摘要") == []
    assert of_headers("备注") == [("column_unknown", "备注")]
    assert of_headers("商户") == [("column_repeated", "商户")]
    assert of_headers("商户", "商户") == [("column_repeated", "商户")]


def test_a_header_is_known_with_its_star_full_width_signs_and_blanks() -> None:
    assert header_named("*重量（KGS）\n") == "重量(KGS)"


@pytest.mark.parametrize(("group"), [BUYER, DOMESTIC_LEG])
def test_half_a_group_of_cells_is_told_what_is_missing(group: tuple[str, ...]) -> None:
    assert empty_companions(()) == []
    assert empty_companions(group) == []
    assert empty_companions(group[:1]) == list(group[1:])
