"""The choices of a workbook's columns are those of the trade."""

from __future__ import annotations

import pytest

from trade_ledger.domain.workbook import SHEETS, Column, breach_of_cell

COLUMNS = [column for columns in SHEETS.values() for column in columns if column.choices is not None]


def test_a_column_of_choices_fits_the_template() -> None:
    """Excel takes a list of at most 255 characters; a currency is only read by its words, and may be another."""
    assert {column.field: column.choices.name for column in COLUMNS if column.choices} == {
        "brand_statement": "brand_statement",
        "currency": "currency",
        "buyer_kind": "identity_kind",
        "export_mode": "export_mode",
        "procurement_agency": "procurement_agency",
        "channel": "channel",
        "price_term": "price_term",
        "settlement_method": "settlement_method",
    }
    for column in COLUMNS:
        told = column.choices.words if column.choices else {}
        assert column.kind == ("code" if column.field == "currency" else "choice")
        assert len(",".join([*told, *(words[0] for words in told.values())])) <= 255


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.field)
def test_only_a_choice_is_taken_in_a_column_of_choices(column: Column) -> None:
    assert column.choices is not None
    assert [breach_of_cell(column, code) for code in column.choices.codes] == [None] * len(column.choices.codes)
    breach = breach_of_cell(column, "某某")
    assert (breach is None) == (column.kind == "code")
    if breach is not None:
        assert (breach.code, breach.params["choices"]) == ("cell_not_a_choice", column.choices.told_in_chinese)
