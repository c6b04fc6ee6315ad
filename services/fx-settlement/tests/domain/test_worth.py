"""How much may be collected for an export, what an amount uses up of it, and its value in USD."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from fx_settlement.domain.matching import PortionFacts, breaches_of_portion, breaches_of_use, value_in
from fx_settlement.domain.room import Bound, PortionValue, breach_of_room, collectable_of
from fx_settlement.domain.shares import usd_share


@pytest.mark.parametrize(
    ("rule", "kind", "method", "released", "returned", "collectable"),
    [
        ("R-DECL-6: all that was released", "goods", "fx", "100.00", "0", "100.00"),
        ("R-DECL-6: less what came back", "goods", "fx", "100.00", "30.00", "70.00"),
        ("R-DECL-6: nothing where all came back", "goods", "rmb", "100.00", "100.00", "0"),
        ("R-TRADE-7: nothing for samples", "sample", "fx", "100.00", "0", "0"),
        ("R-FX-6: nothing for cash", "goods", "cash", "100.00", "0", "0"),
    ],
)
def test_what_a_portion_entitles_to(
    rule: str, kind: str, method: str, released: str, returned: str, collectable: str
) -> None:
    value = PortionValue(kind, method, "USD", Decimal(released), Decimal(returned))
    assert collectable_of(value) == Decimal(collectable), rule


@pytest.mark.parametrize(
    ("rule", "currency", "released", "returned", "percent", "collectable"),
    [
        ("R-TRADE-6: a sixth was paid at home", "USD", "60.00", "0", "16.6667", "50.00"),
        ("R-TRADE-6: of what stayed abroad", "USD", "60.00", "30.00", "50", "15.00"),
        ("R-TRADE-6: nothing is left to collect", "USD", "60.00", "0", "100", "0.00"),
        ("R-TRADE-6: nothing was paid at home", "USD", "60.00", "0", "0", "60.00"),
        ("V54: half a cent goes up", "USD", "0.01", "0", "50", "0.01"),
        ("V54: half a yen goes up", "JPY", "101", "0", "50", "51"),
    ],
)
def test_what_was_paid_at_home_is_not_collected_again(
    rule: str, currency: str, released: str, returned: str, percent: str, collectable: str
) -> None:
    value = PortionValue("goods", "fx", currency, Decimal(released), Decimal(returned), Decimal(percent))
    assert collectable_of(value) == Decimal(collectable), rule


@dataclass(frozen=True)
class Use:
    held: Decimal
    matched: Decimal


@pytest.mark.parametrize(
    ("held", "matched", "excess"), [("40.00", "64.99", "-0.01"), ("40.00", "65.00", "0"), ("40.01", "65.00", "0.01")]
)
def test_a_room_carries_its_value_and_its_tolerance(held: str, matched: str, excess: str) -> None:
    """V37."""
    assert Bound(Decimal(100), Decimal(5)).excess(Use(Decimal(held), Decimal(matched))) == Decimal(excess)


@pytest.mark.parametrize(
    ("rule", "amount", "currency", "rate", "source", "value"),
    [
        ("R-FX-10: its own currency needs no rate", "10.00", "USD", None, "", "10.00"),
        ("R-FX-10: its own currency ignores a rate", "10.00", "USD", "2", "b", "10.00"),
        ("R-FX-10: another's needs a rate", "10.00", "EUR", None, "b", None),
        ("R-FX-10: and the rate a source", "10.00", "EUR", "1.1", "", None),
        ("V54: rounded once, half up", "10.01", "EUR", "1.05", "b", "10.51"),
        ("V54: half a cent is nothing", "10.005", "USD", None, "", "0"),
        ("V54: a part of a yen is nothing", "10.5", "JPY", "0.01", "b", "0"),
    ],
)
def test_what_an_amount_is_in_the_declarations_currency(
    rule: str, amount: str, currency: str, rate: str | None, source: str, value: str | None
) -> None:
    named = None if rate is None else Decimal(rate)
    expected = None if value is None else Decimal(value)
    assert value_in("USD", Decimal(amount), currency, named, source) == expected, rule


def test_a_portion_asked_for_without_a_rate_says_which_currency_it_needs() -> None:
    facts = PortionFacts(
        known=True, agreed_collector="a", collector="z", settlement_method="cash", value=None, frozen=True,
        currency="USD",
    )  # fmt: skip
    (breach,) = breaches_of_portion(facts, "/matches/0")
    assert (breach.rule, breach.pointer, breach.params) == ("R-FX-10", "/matches/0/rate", {"currency": "USD"})


@pytest.mark.parametrize(("asked", "codes"), [("9.99", []), ("10.00", []), ("10.01", ["collection_used_up"])])
def test_a_collection_is_used_up_once(asked: str, codes: list[str]) -> None:
    """V39."""
    assert [each.code for each in breaches_of_use(Decimal(asked), Decimal(10))] == codes


def test_what_the_counter_refuses_says_what_was_left() -> None:
    breach = breach_of_room(Decimal("10.01"), Decimal(10), "/matches/0/amount")
    assert (breach.rule, breach.params) == ("R-FX-1", {"value": Decimal("10.01"), "left": Decimal(10)})


@pytest.mark.parametrize(
    ("rule", "released", "matched", "given", "share"),
    [
        ("V55: the first third", "3.00", "1.00", "0", "3.33"),
        ("V55: the second", "3.00", "2.00", "3.33", "3.34"),
        ("V55: the last, so that all is given out", "3.00", "3.00", "6.67", "3.33"),
        ("V55: never less than nothing", "3.00", "1.00", "3.34", "0"),
        ("V55: nothing of nothing", "0", "1.00", "0", "0"),
    ],
)
def test_the_usd_value_is_divided_by_share(rule: str, released: str, matched: str, given: str, share: str) -> None:
    numbers = (Decimal(released), Decimal(10), Decimal(matched), Decimal(given))
    assert usd_share(*numbers) == Decimal(share), rule
