"""Amounts by currency: their sums, and how they are told; and the strip of all money of a trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from marketctl.page.facts import Facts
from shared.vocabulary.money import currency_digits

Amounts = Iterable[tuple[str, Decimal]]


def told(currency: str, amount: Decimal) -> str:
    """An amount with its currency's digits: `USD 300.00`, `JPY 100`, `KWD 0.180`."""
    return f"{currency} {amount:.{currency_digits(currency)}f}"


def sums(amounts: Amounts) -> list[tuple[str, Decimal]]:
    """One sum for each currency, in order."""
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, Decimal(0)) + amount
    return sorted(found.items())


def owing(amounts: Amounts) -> list[tuple[str, Decimal]]:
    """The sums that are more than nothing."""
    return [(currency, amount) for currency, amount in sums(amounts) if amount > 0]


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the strip: its name, and its amounts; None where the service didn't tell the visitor."""

    name: str
    amounts: tuple[str, ...] | None


def strip(facts: Facts) -> list[Place]:
    """The money of a trace, each place in its own currency; what is open is released and not collected."""
    portions = facts.portions
    untold = any(each.collected is None or each.collectable is None for each in portions)
    collected = [(each.currency, each.collected or Decimal(0)) for each in portions]
    left = [(each.currency, max((each.collectable or 0) - (each.collected or 0), Decimal(0))) for each in portions]
    registered = [(each.currency, each.total) for each in facts.trades if each.status != "void"]
    exempted = None if facts.exempted_cny is None else [("CNY", facts.exempted_cny)]
    return [
        _place("registered", registered),
        _place("declared", [(each.currency, each.declared) for each in portions]),
        _place("released", [(each.currency, each.released) for each in portions]),
        _place("collected", None if untold else collected),
        _place("passed_on", facts.passed_on),
        _place("exempted", exempted),
        _place("open", None if untold else left),
    ]


def _place(name: str, amounts: Amounts | None) -> Place:
    return Place(name, None if amounts is None else tuple(told(*each) for each in sums(amounts)))
