from __future__ import annotations

from datetime import date

import pytest

from tax_exemption.domain.period import Frequency, period_of

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
