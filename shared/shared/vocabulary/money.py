"""Amounts with their currency: Decimal only, rounded half up once, parts that sum to the total (V54, V55)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from babel.core import get_global

_FRACTIONS: Mapping[str, tuple[int, int, int, int]] = get_global("currency_fractions")
_KNOWN = frozenset(get_global("all_currencies"))


def currency_digits(currency: str) -> int:
    """Digits after the point of a currency's smallest unit; ValueError for an unknown code (V56)."""
    if currency not in _KNOWN:
        raise ValueError(f"unknown currency {currency!r}")
    return {"IQD": 3, "LYD": 3, "TND": 3, "ISK": 0}.get(currency, _FRACTIONS.get(currency, _FRACTIONS["DEFAULT"])[0])


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half up to the currency's smallest unit (V54)."""
    return round_half_up(amount, currency_digits(currency))


def round_half_up(amount: Decimal, digits: int) -> Decimal:
    """Half up, away from zero for negative amounts."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency, never finer than its smallest unit."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("money is a Decimal")
        if rounded(self.amount, self.currency) != self.amount:
            raise ValueError(f"{self.amount} is finer than {self.currency} allows")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def exceeds(self, other: Money) -> bool:
        """Strictly more than `other`."""
        return self.amount > self._same(other)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} don't add")
        return other.amount


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """quantity × unit price, rounded half up per line (V14)."""
    return rounded(quantity * unit_price, currency)


def allocate(total: Decimal, weights: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Split `total` by weight so that the parts sum to it exactly.

    Each part is cut down to `digits`; the units left over go one each to the largest remainders, the earlier
    part first where remainders are equal (V54). Weights must not be negative; where all are zero the split is even.
    """
    if not weights:
        if total:
            raise ValueError("nothing to allocate to")
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    if total < 0:
        return [-part for part in allocate(-total, weights, digits)]
    unit = Decimal(1).scaleb(-digits)
    shares = list(weights) if sum(weights) else [Decimal(1)] * len(weights)
    whole = sum(shares)
    exact = [total * share / whole for share in shares]
    parts = [each.quantize(unit, ROUND_FLOOR) for each in exact]
    left = int((total - sum(parts)) / unit)
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in order[:left]:
        parts[index] += unit
    return parts


def convert(amounts: Sequence[Decimal], rate: Decimal, currency: str) -> list[Decimal]:
    """Amounts at a rate: the total is rounded once, and the parts sum to it (V54)."""
    total = rounded(sum(amounts, Decimal(0)) * rate, currency)
    return allocate(total, amounts, currency_digits(currency))
