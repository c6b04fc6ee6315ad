"""The numbers of a workbook's cells: what holds none counts as nothing, and is named as a fault of its own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trade_ledger.domain.workbook import amount_in, is_whole


@pytest.mark.parametrize(
    ("text", "number"), [("12.50", "12.50"), ("0", "0"), ("1", "1"), ("", "0"), ("none", "0"), ("1,2", "0")]
)
def test_a_cell_without_a_number_counts_as_nothing(text: str, number: str) -> None:
    assert amount_in(text) == Decimal(number)


@pytest.mark.parametrize(("text", "whole"), [("0", True), ("12", True), ("12.0", False), ("", False), ("x", False)])
def test_a_whole_number_has_digits_only(text: str, whole: bool) -> None:
    assert is_whole(text) is whole
