"""May this be imported as a customs monthly rate (R-FX-10, V56)?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from shared.vocabulary.rules import Breach


def breaches_of_currency(currency: str, *, listed: bool) -> tuple[Breach, ...]:
    """Only currencies of customs' code list are declared and have a rate (V56)."""
    return () if listed else (Breach("currency_unknown", "V56", "/currency", {"currency": currency}),)


def breaches_of_rate(month: date, currency: str, cny_per_unit: Decimal, *, listed: bool) -> tuple[Breach, ...]:
    """Every breach. A rate is for a whole month, for a currency of customs' list except CNY, and above zero."""
    breaches = []
    if month.day != 1:
        breaches.append(Breach("rate_month_not_first", "R-FX-10", "/month"))
    breaches += breaches_of_currency(currency, listed=listed)
    if currency == "CNY":
        breaches.append(Breach("rate_is_one", "R-FX-10", "/currency"))
    if cny_per_unit <= 0:
        breaches.append(Breach("amount_not_positive", "V14", "/cny_per_unit"))
    return tuple(breaches)
