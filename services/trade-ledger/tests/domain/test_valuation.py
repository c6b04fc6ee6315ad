from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade_ledger.domain.valuation import (
    Charges,
    Declared,
    Difference,
    Share,
    Valued,
    breaches_of_charges,
    fob_total,
    slip_share,
    valued,
)

NONE = Charges(Decimal(0), Decimal(0), Decimal(0))
CNY = {"CNY": Decimal(1), "USD": Decimal("6.98"), "EUR": Decimal("7.61"), "JPY": Decimal("0.0479")}


def charges(freight: str = "0", insurance: str = "0", inland: str = "0") -> Charges:
    return Charges(Decimal(freight), Decimal(insurance), Decimal(inland))


def test_the_total_is_rounded_once_and_the_parts_sum_to_it() -> None:
    slips = [Share(Decimal(each), "EUR") for each in ("1357.13", "1357.13", "2714.25")]
    parts = valued(
        slips, currency="USD", term="FOB", charges=NONE, cny_per_unit={"EUR": Decimal("1.35"), "USD": Decimal(1)}
    )
    assert sum(part.declared for part in parts) == Decimal("7328.49")


@pytest.mark.parametrize(
    ("term", "given_charges", "pointers"),
    [
        ("FOB", NONE, []),
        ("FOB", charges(freight="0.01"), ["/freight"]),
        ("FOB", charges(insurance="0.01"), ["/insurance"]),
        ("CIF", charges("1", "1"), []),
        ("CIF", NONE, ["/freight", "/insurance"]),
        ("C&F", charges(freight="1"), []),
        ("C&F", charges("1", "1"), ["/insurance"]),
        ("C&I", charges(insurance="1"), []),
        ("C&I", charges("1", "1"), ["/freight"]),
        ("EXW", charges(inland="1"), []),
        ("EXW", charges("1", "0", "1"), ["/freight"]),
        ("FOB", charges(inland="1"), ["/inland"]),
    ],
)
def test_term_and_charges_must_agree(term: str, given_charges: Charges, pointers: list[str]) -> None:
    found = breaches_of_charges(term, given_charges)
    assert [(each.pointer, each.rule) for each in found] == [(pointer, "V28") for pointer in pointers]


@pytest.mark.parametrize(
    ("term", "given_charges", "expected"),
    [
        ("FOB", NONE, "100"),
        ("CIF", charges("10", "1"), "89"),
        ("C&F", charges(freight="10"), "90"),
        ("C&I", charges(insurance="1"), "99"),
        ("EXW", charges(inland="5"), "105"),
        ("CIF", charges("100", "0.01"), "-0.01"),
    ],
)
def test_free_on_board_by_term(term: str, given_charges: Charges, expected: str) -> None:
    assert fob_total(Decimal(100), term, given_charges) == Decimal(expected)


money = st.decimals("0.01", 99_999, places=2, allow_nan=False, allow_infinity=False)
slips = st.lists(
    st.builds(Share, slip_value=money, slip_currency=st.sampled_from(["CNY", "USD", "EUR"])), min_size=1, max_size=20
)


@given(slips, st.sampled_from(["CNY", "USD", "EUR"]), st.decimals(0, 5000, places=2))
def test_free_on_board_and_dollars_lose_no_cent(shares: list[Share], currency: str, freight: Decimal) -> None:
    given_charges = Charges(freight, Decimal(0), Decimal(0))
    parts = valued(shares, currency=currency, term="C&F", charges=given_charges, cny_per_unit=CNY)
    fob = sum(part.fob for part in parts)
    assert fob == sum(part.declared for part in parts) - freight
    dollars = (fob * CNY[currency] / CNY["USD"]).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert sum(part.fob_usd for part in parts) == dollars


@given(money, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_the_parts_of_a_line_sum_to_its_amount(amount: Decimal, parts: list[int]) -> None:
    whole, before = Decimal(sum(parts)), Declared(Decimal(0), Decimal(0))
    for part in map(Decimal, parts):
        value = slip_share(amount, whole, before, part, "CNY")
        before = Declared(before.quantity + part, before.value + value)
    assert before == Declared(whole, amount)


def test_a_named_difference_is_spread_over_its_own_trade_and_counts() -> None:
    parts = valued(
        [Share(Decimal("1.00"), "USD", "a"), Share(Decimal("2.00"), "USD", "a"), Share(Decimal("5.00"), "USD", "b")],
        currency="USD", term="FOB", charges=NONE, cny_per_unit=CNY,
        differences=[Difference("a", "inland_freight", Decimal("0.10")), Difference("a", "fee", Decimal("-0.01"))],
    )  # fmt: skip
    assert [part.declared for part in parts] == [Decimal("1.03"), Decimal("2.06"), Decimal("5.00")]
    assert parts[1].named == (("inland_freight", Decimal("0.07")), ("fee", Decimal("-0.01")))
    assert [part.fob for part in parts] == [part.declared for part in parts]


def test_a_difference_above_the_value_is_no_crash() -> None:
    parts = valued(
        [Share(Decimal("1.00"), "USD", "a")], currency="EUR", term="FOB", charges=NONE, cny_per_unit=CNY,
        differences=[Difference("a", "margin", Decimal(-9))],
    )  # fmt: skip
    assert parts[0].declared < 0


def test_yen_have_no_cents() -> None:
    parts = valued(
        [Share(Decimal("10.01"), "USD"), Share(Decimal("20.02"), "USD")],
        currency="JPY", term="FOB", charges=NONE, cny_per_unit=CNY,
    )  # fmt: skip
    assert all(part.declared == part.declared.to_integral_value() for part in parts)


def test_a_share_under_one_unit_bears_its_part_of_the_freight_and_no_more() -> None:
    """V28, V54: USD 90.00 FOB over goods of 0.50 and 99.50."""
    slips = [Share(Decimal("0.50"), "USD"), Share(Decimal("99.50"), "USD")]
    parts = valued(slips, currency="USD", term="C&F", charges=charges(freight="10.00"), cny_per_unit=CNY)
    assert [part.fob for part in parts] == [Decimal("0.45"), Decimal("89.55")]


def test_dollars_are_shared_out_in_cents() -> None:
    """V27, V54: EUR 30.00 are USD 32.71."""
    slips = [Share(Decimal("10.00"), "EUR")] * 3
    parts = valued(slips, currency="EUR", term="FOB", charges=NONE, cny_per_unit=CNY)
    assert [part.fob_usd for part in parts] == [Decimal("10.91"), Decimal("10.90"), Decimal("10.90")]


def test_nothing_is_worth_anything_before_its_rate_is_known() -> None:
    assert Valued() == Valued(declared=Decimal(0), fob=Decimal(0), fob_usd=Decimal(0), named=())
