"""Long decimals: nothing is rounded twice, nothing is lost, the remainder goes to one defined part (V54, V55)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vocabulary.money import allocate, convert, currency_digits, line_amount, round_half_up

UNITS = st.integers(0, 10**20)
WEIGHTS = st.lists(st.decimals(0, 10**14, places=6, allow_nan=False), min_size=1, max_size=12)


def of(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_the_published_example_places_its_cent() -> None:
    parts = convert(of("1357.13", "1357.13", "2714.25"), Decimal("1.35"), "CNY")
    assert parts == of("1832.13", "1832.12", "3664.24")


def test_what_the_total_loses_by_rounding_is_not_taken_from_its_largest_part() -> None:
    # 3116.84 is exactly 1987.920552: its share of the rounded total, cut down, was 1987.91.
    parts = convert(of("561.99", "3116.84", "0.56"), Decimal("0.6378"), "CNY")
    assert parts == of("358.44", "1987.92", "0.35")


@given(
    st.lists(st.integers(0, 10**11), min_size=1, max_size=12), st.integers(1, 10**12), st.sampled_from(["CNY", "JPY"])
)
def test_a_conversion_is_no_unit_off_in_any_part(cents: list[int], rate: int, currency: str) -> None:
    amounts, at = [Decimal(each) / 100 for each in cents], Decimal(rate) / 10**8
    unit = Fraction(1, 10 ** currency_digits(currency))
    parts = convert(amounts, at, currency)
    exact = [Fraction(amount) * Fraction(at) for amount in amounts]
    assert abs(sum(map(Fraction, parts)) - sum(exact)) <= unit / 2
    for part, whole in zip(parts, exact, strict=True):
        assert abs(Fraction(part) - whole) < unit


@given(UNITS, WEIGHTS, st.sampled_from([0, 2, 3, 4]))
def test_parts_sum_to_the_total_and_none_is_a_unit_off_its_share(
    units: int, weights: list[Decimal], digits: int
) -> None:
    unit = Fraction(1, 10**digits)
    parts = allocate(Decimal(units).scaleb(-digits), weights, digits)
    shares = [Fraction(weight) for weight in weights] if any(weights) else [Fraction(1)] * len(weights)
    assert sum(Fraction(part) for part in parts) == units * unit
    for part, share in zip(parts, shares, strict=True):
        assert abs(Fraction(part) - units * unit * share / sum(shares)) < unit


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        pytest.param("0.02", of("4", "1", "1"), of("0.02", "0.00", "0.00"), id="equal thirds: the earlier part"),
        pytest.param("0.02", of("1", "4", "1"), of("0.01", "0.01", "0.00"), id="equal thirds, other order"),
        pytest.param("0.05", of("1", "1", "1"), of("0.02", "0.02", "0.01"), id="equal weights"),
        pytest.param("0.03", of("1", "2"), of("0.01", "0.02"), id="no remainder"),
        pytest.param("0.01", of("1", "2"), of("0.00", "0.01"), id="the largest remainder"),
        pytest.param("0.03", of("0", "0"), of("0.02", "0.01"), id="no weights: evenly"),
        pytest.param("-0.05", of("1", "1", "1"), of("-0.02", "-0.02", "-0.01"), id="below nothing"),
        pytest.param("5.00", of("1E+3", "2"), of("4.99", "0.01"), id="a weight with an exponent"),
    ],
)
def test_the_remainder_goes_to_the_largest_remainders_then_the_earlier_part(
    total: str, weights: list[Decimal], parts: list[Decimal]
) -> None:
    assert allocate(Decimal(total), weights, 2) == parts


@pytest.mark.parametrize(
    ("total", "weights"),
    [
        pytest.param("1.005", of("1", "2"), id="a total finer than its digits would lose the rest"),
        pytest.param("1.00", [], id="nobody to give it to"),
        pytest.param("1.00", of("1", "-1"), id="a negative weight"),
    ],
)
def test_a_total_that_the_parts_cannot_sum_to_is_refused(total: str, weights: list[Decimal]) -> None:
    with pytest.raises(ValueError, match=r"finer|nothing|negative"):
        allocate(Decimal(total), weights, 2)


def test_the_largest_amounts_of_the_wire_multiply_without_a_crash() -> None:
    most = line_amount(Decimal("99999999999999.999999"), Decimal("9999999999999999.9999"), "USD")
    exact = Fraction(10**20 - 1, 10**6) * Fraction(10**20 - 1, 10**4)
    assert abs(Fraction(most) - exact) <= Fraction(1, 200)
    assert sum(convert(of("9999999999999999.99"), Decimal("999999999999.99999999"), "CNY")) > 0


def test_a_product_is_rounded_once() -> None:
    # Python's default context would cut the product to 28 digits first.
    quantity, price = Decimal("11043188731678.011337"), Decimal("9081800602283193.4727")
    exact = Fraction(quantity) * Fraction(price)
    cents = int(exact * 100 + Fraction(1, 2))
    assert Fraction(line_amount(quantity, price, "USD")) == Fraction(cents, 100)
    assert Fraction(round_half_up(quantity * price, 2)) != Fraction(cents, 100)


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert str(round_half_up(Decimal("-0.001"), 2)) == "0.00"


@pytest.mark.parametrize("currency", ["DEM", "FRF", "XAU", "XTS", "XXX", "CLF", "ABC", "usd", ""])
def test_what_nobody_pays_with_is_no_currency(currency: str) -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        currency_digits(currency)


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("AFN", 2), ("MGA", 2), ("KRW", 0), ("UGX", 0), ("IQD", 3), ("TND", 3)]
)
def test_digits_are_those_of_the_standard_not_of_a_locale(currency: str, digits: int) -> None:
    assert currency_digits(currency) == digits
