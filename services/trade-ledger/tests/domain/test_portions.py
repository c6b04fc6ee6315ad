"""A portion's numbers after customs' receipts: facts in, new numbers out (R-DECL-4, V11, V12, V31, V54)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from trade_ledger.domain.portions import (
    Submitted,
    counters_of,
    numbers_of,
    second_statutory_quantity,
    spread,
    statutory_quantity,
    untouched,
)
from trade_ledger.domain.receipts import PortionState

D = Decimal
SUBMITTED = Submitted(
    quantity=D(100), slip_value=D("300.00"), declared_value=D("310.00"), fob_value=D("290.00"), fob_usd=D("41.55"),
    currency="USD", slip_currency="USD",
)  # fmt: skip
# What customs did -> the numbers afterwards. A number that isn't named is as submitted, or zero.
CASES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("nothing heard: as submitted", {}, {}),
    (
        "all released: every value whole",
        {"released": D(100)},
        {"released_quantity": "100", "released_value": "310.00", "released_fob": "290.00", "released_fob_usd": "41.55"},
    ),
    (
        "30 of 100 released: dollars half up to the cent",
        {"released": D(30)},
        {"released_quantity": "30", "released_value": "93.00", "released_fob": "87.00", "released_fob_usd": "12.47"},
    ),
    (
        "a third departed: its part of each value, half up",
        {"released": D(100), "departed": D("33.333333")},
        {"released_quantity": "100", "released_value": "310.00", "released_fob": "290.00", "released_fob_usd": "41.55",
         "departed_quantity": "33.333333", "departed_value": "103.33", "departed_fob": "96.67"},
    ),
    (
        "40 shut out: it still declares all of them",
        {"shut_out": D(40)},
        {"shut_out_quantity": "40", "shut_out_value": "124.00", "shut_out_fob": "116.00"},
    ),
    (
        "amended to 80: all values follow, and the slip's own price goes back to the line",
        {"declared": D(80)},
        {"quantity": "80", "slip_value": "240.00", "declared_value": "248.00", "fob_value": "232.00",
         "fob_usd": "33.24"},
    ),
    (
        "amended in value only: FOB and dollars follow the value, the slip's doesn't",
        {"value": D("155.00")},
        {"declared_value": "155.00", "fob_value": "145.00", "fob_usd": "20.78"},
    ),
    (
        "amended to nothing: no value is left, and none is divided by nothing",
        {"declared": D(0)},
        {"quantity": "0", "slip_value": "0.00", "declared_value": "0.00", "fob_value": "0.00", "fob_usd": "0.00"},
    ),
    (
        "half returned after departure: departed keeps what came back",
        {"released": D(100), "departed": D(100), "returned": D(50)},
        {"released_quantity": "100", "released_value": "310.00", "released_fob": "290.00", "released_fob_usd": "41.55",
         "departed_quantity": "100", "departed_value": "310.00", "departed_fob": "290.00",
         "returned_quantity": "50", "returned_value": "155.00", "returned_fob": "145.00"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("told", "made", "said"), CASES, ids=[case[0] for case in CASES])
def test_numbers_follow_from_the_submitted_ones(told: str, made: dict[str, Any], said: dict[str, str]) -> None:
    born = numbers_of(SUBMITTED, untouched(SUBMITTED.quantity))
    now = numbers_of(SUBMITTED, replace(untouched(SUBMITTED.quantity), **made))
    assert now == replace(born, **{name: D(value) for name, value in said.items()})


@pytest.mark.parametrize(
    ("currency", "value"),
    [("JPY", "103"), ("USD", "103.33"), ("KWD", "103.333")],
)
def test_parts_have_the_digits_of_their_currency(currency: str, value: str) -> None:
    submitted = replace(SUBMITTED, currency=currency, slip_currency=currency)
    third = replace(untouched(D(100)), released=D("33.333333"))
    assert numbers_of(submitted, third).released_value == D(value)


@pytest.mark.parametrize(
    ("active", "held"),
    [(True, ("-30", "60", "50", "40", "10")), (False, ("-30", "0", "0", "0", "0"))],
    ids=["an active declaration holds what isn't shut out", "an inactive one only gives back what was shut out"],
)
def test_what_a_portion_holds_of_its_lines_counters(active: bool, held: tuple[str, ...]) -> None:
    state = PortionState(declared=D(90), released=D(50), departed=D(40), shut_out=D(30), returned=D(10))
    kinds = ("packed", "declared", "released", "departed", "returned")
    assert counters_of(state, active=active) == dict(zip(kinds, map(D, held), strict=True))


@pytest.mark.parametrize(
    ("unit", "whole", "ratio", "expected"),
    [("个", "7", "0.333333333", "2.333333"), ("个", "7", "0.5", "3.5"), ("千克", "50", "0.5", "26.4")],
    ids=["six digits, half up", "its part", "kilograms are the goods' own net weight"],
)
def test_statutory_quantities_are_the_lines_part(unit: str, whole: str, ratio: str, expected: str) -> None:
    assert statutory_quantity(D(whole), unit, D(ratio), D("26.4")) == D(expected)


@pytest.mark.parametrize(
    ("whole", "ratio", "expected"), [(None, "0.5", None), ("3", "0.5", "1.5"), ("1", "0.333333333", "0.333333")]
)
def test_only_goods_that_have_a_second_statutory_quantity_declare_a_part_of_it(
    whole: str | None, ratio: str, expected: str | None
) -> None:
    second = second_statutory_quantity(None if whole is None else D(whole), D(ratio))
    assert second == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("parts", "whole", "digits", "shares"),
    [
        ([], "0", 2, []),
        (["100"], "310.00", 2, ["310.00"]),
        (["1", "1", "1"], "100.00", 2, ["33.33", "33.34", "33.33"]),
        (["1", "2"], "100", 0, ["33", "67"]),
        (["40", "60"], "0.01", 2, ["0.00", "0.01"]),
    ],
)
def test_a_value_spread_over_days_sums_up_to_itself(
    parts: list[str], whole: str, digits: int, shares: list[str]
) -> None:
    """V54: the remainder stands where the running total is rounded."""
    found = spread([D(each) for each in parts], D(whole), digits)
    assert found == [D(each) for each in shares]
    assert sum(found, D(0)) == D(whole)
