"""What a declaration is worth: slip values converted, FOB by term, dollars at the customs rate.

V27, V28, V54; what sets a slip's price apart from the declared one has a name and an amount (R-DECL-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.money import allocate, convert, currency_digits, round_half_up, rounded
from shared.vocabulary.rules import Breach

# Which charges a term carries: freight, insurance (V28).
_CHARGES = {
    "EXW": (False, False),
    "FOB": (False, False),
    "C&F": (True, False),
    "C&I": (False, True),
    "CIF": (True, True),
}


@dataclass(frozen=True, slots=True)
class Charges:
    """Charges in the declaration's currency; `inland` brings EXW to FOB."""

    freight: Decimal
    insurance: Decimal
    inland: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """One line's slip value in the slip's currency, and whose slip it is."""

    slip_value: Decimal
    slip_currency: str
    trade: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a trade's goods are declared for above (or below) their slip, in the declaration's currency (R-DECL-10)."""

    trade: str
    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Valued:
    """The same share in the declaration's currency, at FOB, and in US dollars; `named` is its part of each difference.

    Without those parts `declared` is the slip's value converted.
    """

    declared: Decimal = Decimal(0)
    fob: Decimal = Decimal(0)
    fob_usd: Decimal = Decimal(0)
    named: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """What other declarations hold of a line."""

    quantity: Decimal
    value: Decimal


def slip_share(amount: Decimal, quantity: Decimal, before: Declared, taken: Decimal, currency: str) -> Decimal:
    """A line's value for `taken` beside what is declared already: all parts of a line sum to its amount (V54)."""
    return rounded(amount * (before.quantity + taken) / quantity, currency) - before.value


def slip_value_kept(value: Decimal, quantity: Decimal, shut_out: Decimal, currency: str) -> Decimal:
    """A portion's slip value without what was shut out and went back to the line (V31)."""
    return value if not shut_out else rounded(value * (quantity - shut_out) / quantity, currency)


def breaches_of_digits(amounts: Mapping[str, Decimal], currency: str) -> tuple[Breach, ...]:
    """Amounts, by the pointer to each, that are finer than their currency's smallest unit (V54)."""
    return tuple(
        Breach("amount_too_fine", "V54", pointer, {"currency": currency})
        for pointer, amount in amounts.items()
        if rounded(amount, currency) != amount
    )


def domestic_share_percent(leg: Decimal, total: Decimal, cny_per_unit: Decimal) -> Decimal:
    """The per cent of a trade that its domestic RMB leg pays, at customs' rate; at most 100 (R-TRADE-6)."""
    return min(round_half_up(leg * 100 / (total * cny_per_unit), 4), Decimal(100)) if total else Decimal(0)


def breaches_of_charges(term: str, charges: Charges) -> tuple[Breach, ...]:
    """Term and charges must agree (V28)."""
    freight, insurance = _CHARGES[term]
    breaches = []
    if (charges.freight > 0) != freight:
        breaches.append(Breach("charge_disagrees_with_term", "V28", "/freight", {"term": term}))
    if (charges.insurance > 0) != insurance:
        breaches.append(Breach("charge_disagrees_with_term", "V28", "/insurance", {"term": term}))
    if charges.inland > 0 and term != "EXW":
        breaches.append(Breach("charge_disagrees_with_term", "V28", "/inland", {"term": term}))
    return tuple(breaches)


def fob_total(total: Decimal, term: str, charges: Charges) -> Decimal:
    """The free-on-board value; may come out negative, which is a breach of its own."""
    if term == "EXW":
        return total + charges.inland
    return total - charges.freight - charges.insurance


def in_usd(total: Decimal, currency: str, cny_per_unit: Mapping[str, Decimal]) -> Decimal:
    """A total in US dollars at customs' rates (V27)."""
    return rounded(total * cny_per_unit[currency] / cny_per_unit["USD"], "USD")


def valued(
    shares: Sequence[Share],
    *,
    currency: str,
    term: str,
    charges: Charges,
    cny_per_unit: Mapping[str, Decimal],
    differences: Sequence[Difference] = (),
) -> list[Valued]:
    """Each share valued; every total is rounded once and its parts sum to it, the remainder by V54."""
    digits = currency_digits(currency)
    converted = _converted(shares, currency, cny_per_unit)
    named = _named(shares, converted, differences, currency)
    declared = [
        value + sum((part for _, part in parts), Decimal(0)) for value, parts in zip(converted, named, strict=True)
    ]
    # Charges or differences above the goods' value make FOB negative: that is a breach.
    weights = [max(value, Decimal(0)) for value in declared]
    fob = allocate(rounded(fob_total(sum(declared, Decimal(0)), term, charges), currency), weights, digits)
    usd = fob if currency == "USD" else allocate(in_usd(sum(fob, Decimal(0)), currency, cny_per_unit), weights, 2)
    return [Valued(*each) for each in zip(declared, fob, usd, map(tuple, named), strict=True)]


def _converted(shares: Sequence[Share], currency: str, cny_per_unit: Mapping[str, Decimal]) -> list[Decimal]:
    declared: dict[int, Decimal] = {}
    for slip_currency in {share.slip_currency for share in shares}:
        at = [i for i, share in enumerate(shares) if share.slip_currency == slip_currency]
        values = [shares[i].slip_value for i in at]
        rate = cny_per_unit[slip_currency] / cny_per_unit[currency]
        parts = values if slip_currency == currency else convert(values, rate, currency)
        declared |= zip(at, parts, strict=True)
    return [declared[i] for i in range(len(shares))]


def _named(
    shares: Sequence[Share], converted: Sequence[Decimal], differences: Sequence[Difference], currency: str
) -> list[list[tuple[str, Decimal]]]:
    """Each trade's differences over its shares by value, parts summing to the amount."""
    named: list[list[tuple[str, Decimal]]] = [[] for _ in shares]
    for each in differences:
        at = [i for i, share in enumerate(shares) if share.trade == each.trade]
        if at:
            amount = rounded(each.amount, currency)
            parts = allocate(amount, [converted[i] for i in at], currency_digits(currency))
            for i, part in zip(at, parts, strict=True):
                named[i].append((each.name, part))
    return named
