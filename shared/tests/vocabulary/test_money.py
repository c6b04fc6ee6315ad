from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vocabulary.money import allocate, convert, currency_digits, line_amount, rounded

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)


def test_the_total_is_rounded_once_and_the_parts_sum_to_it() -> None:
    parts = convert([Decimal("1357.13"), Decimal("1357.13"), Decimal("2714.25")], Decimal("1.35"), "USD")
    assert sum(parts) == Decimal("7328.49")


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=40))
def test_allocation_neither_creates_nor_loses_a_unit(total: Decimal, weights: list[Decimal]) -> None:
    parts = allocate(total, weights, 2)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - total * weight / whole) < Decimal("0.01") + Decimal("1E-9")


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=10))
def test_a_negative_total_is_allocated_as_its_mirror(total: Decimal, weights: list[Decimal]) -> None:
    assert allocate(-total, weights, 2) == [-part for part in allocate(total, weights, 2)]


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("CNY", 2), ("JPY", 0), ("KWD", 3), ("EUR", 2)])
def test_the_currency_decides_the_digits(currency: str, digits: int) -> None:
    assert currency_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("0.005", "USD", "0.01"), ("0.0049", "USD", "0.00"), ("-0.005", "USD", "-0.01"), ("0.5", "JPY", "1")],
)
def test_half_goes_up(amount: str, currency: str, expected: str) -> None:
    assert rounded(Decimal(amount), currency) == Decimal(expected)


def test_a_line_is_rounded_by_itself() -> None:
    assert line_amount(Decimal("3"), Decimal("0.335"), "USD") == Decimal("1.01")


def test_an_unknown_currency_has_no_digits() -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        rounded(Decimal(1), "ZZZ")
