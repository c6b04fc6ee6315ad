"""Which middle rate may be imported (R-FX-10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from shared.vocabulary.money import currency_in_use, rounded
from shared.vocabulary.rules import Breach


def breaches_of_middle_rate(currency: str, cny_per_unit: Decimal, day: date, *, today: date) -> tuple[Breach, ...]:
    """Every breach. A rate is for a currency in use except CNY, above zero, and known from its day on."""
    breaches = []
    if not currency_in_use(currency):
        breaches.append(Breach("currency_unknown", "V56", "/currency", {"currency": currency}))
    if currency == "CNY":
        breaches.append(Breach("rate_is_one", "R-FX-10", "/currency"))
    if day > today:
        breaches.append(Breach("date_in_the_future", "V16", "/day"))
    if cny_per_unit <= 0:
        breaches.append(Breach("rate_not_positive", "R-FX-10", "/cny_per_unit"))
    return tuple(breaches)


def breaches_of_missing_rates(missing: Iterable[tuple[str, date]]) -> tuple[Breach, ...]:
    """Breaches for the currencies and days of a return without a rate on or shortly before the day."""
    return tuple(
        Breach("middle_rate_missing", "R-FX-10", "/month", {"currency": currency, "day": day.isoformat()})
        for currency, day in sorted(set(missing))
    )


def in_usd(total_rmb: Decimal, cny_per_usd: Decimal) -> Decimal:
    """What a return counts in US dollars (V65); one that takes back more than it declares counts nothing."""
    return rounded(max(total_rmb, Decimal(0)) / cny_per_usd, "USD")


def rate_day(choice: str, sale_date: date, export_date: date) -> date:
    """The day whose middle rate converts an item: the sale's, or the first of the export's month."""
    return sale_date if choice == "sale_day" else export_date.replace(day=1)
