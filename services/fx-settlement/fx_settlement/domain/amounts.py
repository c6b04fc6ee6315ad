"""Which amounts a currency can have (V54, V56)."""

from __future__ import annotations

from decimal import Decimal

from shared.vocabulary.money import currency_in_use, rounded
from shared.vocabulary.rules import Breach


def breaches_of_currency(currency: str) -> tuple[Breach, ...]:
    """Breach for a currency code that isn't in use (V56)."""
    return (
        () if currency_in_use(currency) else (Breach("currency_unknown", "V56", "/currency", {"currency": currency}),)
    )


def exact(amount: Decimal, currency: str) -> Decimal:
    """The amount, or zero where it has more digits than its currency. A currency not in use is not checked here."""
    if currency_in_use(currency) and rounded(amount, currency) != amount:
        return Decimal(0)
    return amount
