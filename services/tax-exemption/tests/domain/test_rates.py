"""Which middle rates are imported and which day's rate converts, rule by rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tax_exemption.domain.rates import breaches_of_middle_rate, breaches_of_missing_rates, in_usd, rate_day

TODAY = date(2026, 5, 13)


@pytest.mark.parametrize(
    ("rule", "currency", "rate", "day", "codes"),
    [
        ("R-FX-10: today's", "USD", "6.98", TODAY, []),
        ("R-FX-10: yesterday's", "USD", "6.98", date(2026, 5, 12), []),
        ("V16: tomorrow's", "USD", "6.98", date(2026, 5, 14), ["date_in_the_future"]),
        ("R-FX-10: the smallest rate", "USD", "0.00000001", TODAY, []),
        ("R-FX-10: nothing", "USD", "0", TODAY, ["rate_not_positive"]),
        ("R-FX-10: less than nothing", "USD", "-0.00000001", TODAY, ["rate_not_positive"]),
        ("V56: a currency in use", "KWD", "23.1", TODAY, []),
        ("V56: no currency", "XXX", "1", TODAY, ["currency_unknown"]),
        ("R-FX-10: CNY is always 1", "CNY", "1", TODAY, ["rate_is_one"]),
    ],
)
def test_an_import(rule: str, currency: str, rate: str, day: date, codes: list[str]) -> None:
    found = breaches_of_middle_rate(currency, Decimal(rate), day, today=TODAY)
    assert [each.code for each in found] == codes, rule


@pytest.mark.parametrize(
    ("rule", "choice", "sale_date", "export_date", "day"),
    [
        ("R-TAX-6: the sale's day", "sale_day", date(2026, 5, 13), date(2026, 6, 30), date(2026, 5, 13)),
        ("R-TAX-6: the month's first day", "month_first_day", date(2026, 5, 13), date(2026, 6, 30), date(2026, 6, 1)),
        ("R-TAX-6: exported on the first", "month_first_day", date(2026, 5, 13), date(2026, 6, 1), date(2026, 6, 1)),
        ("R-TAX-6: on the leap day", "month_first_day", date(2024, 2, 1), date(2024, 2, 29), date(2024, 2, 1)),
        ("R-TAX-6: on 31 December", "month_first_day", date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 1)),
    ],
)
def test_the_day_whose_rate_converts(rule: str, choice: str, sale_date: date, export_date: date, day: date) -> None:
    assert rate_day(choice, sale_date, export_date) == day, rule


def test_each_missing_rate_is_named_once_by_currency_and_day() -> None:
    """R-FX-10."""
    usd, eur = ("USD", date(2026, 5, 2)), ("EUR", date(2026, 5, 1))
    found = breaches_of_missing_rates([usd, eur, usd])
    assert [dict(each.params) for each in found] == [
        {"currency": "EUR", "day": "2026-05-01"},
        {"currency": "USD", "day": "2026-05-02"},
    ]
    assert breaches_of_missing_rates([]) == ()


@pytest.mark.parametrize(
    ("total", "rate", "usd"),
    [
        ("7000.00", "7", "1000.00"),
        ("0.03", "6", "0.01"),
        ("0.02", "6", "0.00"),
        ("0", "7", "0.00"),
        ("-0.07", "7", "0.00"),
    ],
)
def test_a_return_counts_its_value_in_usd(total: str, rate: str, usd: str) -> None:
    assert in_usd(Decimal(total), Decimal(rate)) == Decimal(usd)
