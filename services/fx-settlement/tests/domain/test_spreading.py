"""How an amount is spread over the open portions of a number: the order, the sum, and every reason why not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fx_settlement.domain.spreading import (
    Asked,
    Named,
    breaches_of_other_currency,
    breaches_of_spread,
    oldest_first,
    spread,
)
from shared.vocabulary.rules import Breach

FROZEN = Breach("entitlement_frozen", "R-DECL-7", "/matches/0/trade_number")
OTHERS = Breach("not_the_collector", "R-FX-2", "/matches/0/trade_number")


def _named(portion: str, left: str = "10", departed_on: date | None = None, item_no: int = 1, **changed: Any) -> Any:
    return Named(portion, changed.pop("declaration", "d1"), Decimal(left), departed_on, item_no, **changed)


def test_the_oldest_departure_goes_first_then_the_declaration_its_item_and_the_id() -> None:
    """R-FX-1: the same request is always spread in the same way."""
    march, may = date(2026, 3, 1), date(2026, 5, 1)
    waiting = _named("p0")
    named = [
        waiting,
        _named("p1", departed_on=may),
        _named("p2", departed_on=march, declaration="d2"),
        _named("p4", departed_on=march, item_no=10),
        _named("p5", departed_on=march, item_no=9),
        _named("p3", departed_on=march, item_no=9),
    ]
    assert [each.portion for each in oldest_first(named)] == ["p3", "p5", "p4", "p2", "p1", "p0"]
    assert oldest_first(named[::-1]) == oldest_first(named)


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        ("0.01", {"p1": "0.01"}),
        ("9.99", {"p1": "9.99"}),
        ("10", {"p1": "10"}),
        ("10.01", {"p1": "10", "p2": "0.01"}),
        ("15", {"p1": "10", "p2": "5"}),
        ("15.01", {"p1": "10", "p2": "5", "p4": "0.01"}),
        ("18", {"p1": "10", "p2": "5", "p4": "3"}),
        ("18.01", {"p1": "10", "p2": "5", "p4": "3"}),
    ],
)
def test_spread(amount: str, parts: dict[str, str]) -> None:
    """R-FX-1: each portion is filled before the next; what is forbidden or used up gets nothing."""
    named = [
        _named("p1"),
        _named("p2", "5"),
        _named("p3", forbidden=(FROZEN,)),
        _named("p4", "4", declaration="d2"),
        _named("p5", "0"),
        _named("p6", "-1"),
    ]
    room = {"d1": Decimal(100), "d2": Decimal(3)}
    assert spread(Decimal(amount), named, room) == {name: Decimal(part) for name, part in parts.items()}
    assert room == {"d1": Decimal(100), "d2": Decimal(3)}


_CENTS = st.integers(-200, 100_000).map(lambda cents: Decimal(cents) / 100)
_NAMED = st.builds(
    Named,
    st.uuids(),
    st.sampled_from("de"),
    _CENTS,
    st.none() | st.dates(),
    st.integers(1, 50),
    st.sampled_from([(), (), (), (FROZEN,)]),
)


@given(_CENTS.filter(bool), st.lists(_NAMED, max_size=8), st.fixed_dictionaries({"d": _CENTS, "e": _CENTS}))
def test_the_parts_sum_to_the_amount_or_to_what_is_open_and_never_exceed_a_portion(
    amount: Decimal, named: list[Any], room: dict[str, Decimal]
) -> None:
    """V55."""
    parts = spread(amount, named, room)
    open_of = {each.portion: each.left for each in named if not each.forbidden}
    in_declaration = {each.portion: each.declaration for each in named}
    assert all(0 < part <= open_of[portion] for portion, part in parts.items())
    for declaration, most in room.items():
        used = sum((part for portion, part in parts.items() if in_declaration[portion] == declaration), Decimal(0))
        assert used <= max(most, Decimal(0))
    everything = spread(Decimal(10**9), named, room)
    assert sum(parts.values(), Decimal(0)) == max(min(amount, sum(everything.values(), Decimal(0))), Decimal(0))
    assert list(parts) == list(everything)[: len(parts)]


@pytest.mark.parametrize(
    ("amount", "named", "breaches"),
    [
        ("10", [_named("p1")], []),
        ("9.99", [_named("p1"), _named("p2", forbidden=(FROZEN,))], []),
        ("10.01", [_named("p1")], [("amount_over_open", "/matches/0/amount")]),
        ("0", [_named("p1")], [("amount_not_positive", "/matches/0/amount")]),
        ("0.01", [_named("p1")], []),
        ("1", [], [("number_not_released", "/matches/0/trade_number")]),
        ("1", [_named("p1", "0.01")], [("amount_over_open", "/matches/0/amount")]),
        ("1", [_named("p1", "0")], [("nothing_open", "/matches/0/trade_number")]),
        ("1", [_named("p1", forbidden=(FROZEN,))], [("entitlement_frozen", "/matches/0/trade_number")]),
        (
            "11",
            [_named("p1"), _named("p2", forbidden=(FROZEN, OTHERS)), _named("p3", forbidden=(OTHERS,))],
            [
                ("amount_over_open", "/matches/0/amount"),
                ("entitlement_frozen", "/matches/0/trade_number"),
                ("not_the_collector", "/matches/0/trade_number"),
            ],
        ),
    ],
)
def test_breaches_of_spread(amount: str, named: list[Any], breaches: list[tuple[str, str]]) -> None:
    """R-FX-1: everything at once."""
    parts = spread(Decimal(amount), named, {"d1": Decimal(100)})
    asked = Asked("LS-TR-1", Decimal(amount), "USD", "/matches/0/amount", "/matches/0/trade_number")
    found = breaches_of_spread(asked, named, parts)
    assert [(each.code, each.pointer) for each in found] == breaches


@pytest.mark.parametrize(("currency", "value", "left"), [("USD", "20.00", "15.00"), ("JPY", "20", "15")])
def test_what_is_left_is_told_with_the_currencys_digits(currency: str, value: str, left: str) -> None:
    """V54."""
    named = [_named("p1", "10.0000"), _named("p2", "5.0000")]
    parts = spread(Decimal(20), named, {"d1": Decimal(100)})
    (over,) = breaches_of_spread(Asked("N", Decimal(20), currency, "/a", "/n"), named, parts)
    assert {name: str(each) for name, each in over.params.items()} == {"value": value, "left": left, "number": "N"}


def test_breaches_of_other_currency() -> None:
    """R-FX-10: a rate is named for one portion, not for a number."""
    assert breaches_of_other_currency("USD", "USD", "/n") == ()
    (breach,) = breaches_of_other_currency("EUR", "USD", "/n")
    assert (breach.code, breach.pointer, breach.params) == (
        "currency_needs_portion",
        "/n",
        {"currency": "USD", "declared": "EUR"},
    )
