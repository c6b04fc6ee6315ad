"""Which return an export date belongs to, at the edges of months, quarters and filing frequencies."""

from __future__ import annotations

from datetime import date

import pytest

from tax_exemption.domain.period import Frequency, Periods, breaches_of_frequencies, period_of

QUARTERLY = Frequency("quarter", date(2026, 1, 1), date(2026, 6, 30))
MONTHLY = Frequency("month", date(2026, 7, 1), None)


@pytest.mark.parametrize(
    ("export_date", "period"),
    [
        (date(2025, 12, 31), "2025-12"),
        (date(2026, 1, 1), "2026-03"),
        (date(2026, 3, 31), "2026-03"),
        (date(2026, 4, 1), "2026-06"),
        (date(2026, 6, 30), "2026-06"),
        (date(2026, 7, 1), "2026-07"),
    ],
)
def test_the_frequency_of_the_export_date_decides_the_period(export_date: date, period: str) -> None:
    assert period_of(export_date, [MONTHLY, QUARTERLY], "quarter") == period


def test_the_policy_may_hold_quarterly_filers_to_months() -> None:
    assert period_of(date(2026, 4, 1), [QUARTERLY], "month") == "2026-04"


def test_of_two_frequencies_the_later_begun_counts() -> None:
    older = Frequency("quarter", date(2025, 1, 1), None)
    assert period_of(date(2026, 8, 1), [MONTHLY, older], "quarter") == "2026-08"
    assert (
        period_of(date(2026, 11, 1), [Frequency("quarter", date(2026, 10, 1), None), MONTHLY], "quarter") == "2026-12"
    )


@pytest.mark.parametrize(
    ("rule", "export_date", "period"),
    [
        ("R-TAX-2: the day before it began", date(2027, 12, 31), "2027-12"),
        ("R-TAX-2: its first day", date(2028, 1, 1), "2028-03"),
        ("R-TAX-2: the leap day, its last day", date(2028, 2, 29), "2028-03"),
        ("R-TAX-2: the day after it ended", date(2028, 3, 1), "2028-03"),
        ("R-TAX-2: a month after it ended", date(2028, 4, 1), "2028-04"),
    ],
)
def test_a_frequency_that_ends_on_a_leap_day(rule: str, export_date: date, period: str) -> None:
    frequency = Frequency("quarter", date(2028, 1, 1), date(2028, 2, 29))
    assert period_of(export_date, [frequency], "quarter") == period, rule


def test_a_frequency_ends_with_its_last_day() -> None:
    """R-TAX-2."""
    frequency = Frequency("quarter", date(2026, 1, 1), date(2026, 1, 30))
    days = [date(2026, 1, 29), date(2026, 1, 30), date(2026, 1, 31)]
    assert [period_of(day, [frequency], "quarter") for day in days] == ["2026-03", "2026-03", "2026-01"]


def test_a_quarters_exports_stand_in_the_return_of_its_last_month() -> None:
    """R-TAX-2."""
    periods = Periods((Frequency("quarter", date(2026, 1, 1), None),), "quarter")
    assert [periods.of(date(2026, month, 1)) for month in (9, 10, 12)] == ["2026-09", "2026-12", "2026-12"]


@pytest.mark.parametrize(
    ("values", "unknown"),
    [
        ([], []),
        (["month"], []),
        (["quarter", "month"], []),
        (["Quarter"], ["Quarter"]),
        (["year", "month", "按半年", "year"], ["year", "按半年"]),
        ([""], [""]),
    ],
)
def test_a_frequency_that_nobody_knows_decides_no_period(values: list[str], unknown: list[str]) -> None:
    """R-TAX-2."""
    found = breaches_of_frequencies(Frequency(value, date(2026, 1, 1), None) for value in values)
    assert [(each.code, each.rule, each.pointer, each.params["value"]) for each in found] == [
        ("filing_frequency_unknown", "R-TAX-2", "/stall_holder_id", value) for value in unknown
    ]
