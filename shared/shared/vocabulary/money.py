"""Amounts with their currency: Decimal only, rounded half up once, parts that sum to the total (V54, V55)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import floor

import pycountry

# Wide enough for any product of two columns: the default 28 digits would round first, or refuse.
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)

# ISO 4217 minor units; locale tables name the digits people write, which are fewer for a dozen currencies.
WHOLE_ONLY = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
IN_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_NOT_PAID_WITH = (
    "BOV CHE CHW CLF COU MXV USN UYI UYW XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"  # funds, metals
)
_DIGITS: dict[str, int] = {
    **{currency.alpha_3: 2 for currency in pycountry.currencies},
    **dict.fromkeys(WHOLE_ONLY.split(), 0),
    **dict.fromkeys(IN_THOUSANDTHS.split(), 3),
}
for _code in _NOT_PAID_WITH.split():
    _DIGITS.pop(_code, None)


def currency_in_use(currency: str) -> bool:
    """Whether money is paid in a currency of that code (V56)."""
    return currency in _DIGITS


def currency_digits(currency: str) -> int:
    """Digits after the point of a currency's smallest unit; ValueError for one not in use (V56)."""
    try:
        return _DIGITS[currency]
    except KeyError:
        raise ValueError(f"unknown currency {currency!r}") from None


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half up to the currency's smallest unit (V54)."""
    return round_half_up(amount, currency_digits(currency))


def round_half_up(amount: Decimal, digits: int) -> Decimal:
    """Half up, away from zero for negative amounts; what rounds to nothing has no sign."""
    return _EXACT.plus(amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT))


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """quantity × unit price, rounded half up per line (V14)."""
    return rounded(_EXACT.multiply(quantity, unit_price), currency)


def allocate(total: Decimal, weights: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Split `total` by weight so that the parts sum to it exactly.

    Each part is cut down to `digits`; the units left over go one each to the largest remainders, the earlier
    part first where remainders are equal (V54). Weights must not be negative; where all are zero the split is even.
    """
    if total < 0:
        return [-part for part in allocate(-total, weights, digits)]
    if not weights:
        if total:
            raise ValueError("nothing to allocate to")
        return []
    units = int(_EXACT.scaleb(total, digits))
    if Decimal(units).scaleb(-digits, _EXACT) != total:
        raise ValueError(f"{total} is finer than {digits} digits: its parts could not sum to it")
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    shares = [Fraction(weight) for weight in weights] if any(weights) else [Fraction(1)] * len(weights)
    whole = sum(shares)
    return _placed(units, [units * share / whole for share in shares], digits)


def convert(amounts: Sequence[Decimal], rate: Decimal, currency: str) -> list[Decimal]:
    """Amounts at a rate: the total is rounded once, the parts sum to it, and none is a unit off its own (V54).

    What is over goes by the remainders of the amounts' own conversions: shares of the rounded total would move a large
    part by half a unit first. Amounts must not be negative.
    """
    if any(amount < 0 for amount in amounts):
        raise ValueError("amounts must not be negative")
    digits = currency_digits(currency)
    total = rounded(_EXACT.multiply(sum(amounts, Decimal(0)), rate), currency)
    exact = [Fraction(amount) * Fraction(rate) * 10**digits for amount in amounts]
    return _placed(int(_EXACT.scaleb(total, digits)), exact, digits)


def _placed(units: int, shares: Sequence[Fraction], digits: int) -> list[Decimal]:
    """Exact shares cut down to whole units; those left over go one each to the largest remainders, earlier first."""
    parts = [floor(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: (parts[index] - shares[index], index))
    favoured = set(by_remainder[: units - sum(parts)])
    return [Decimal(part + (index in favoured)).scaleb(-digits, _EXACT) for index, part in enumerate(parts)]
