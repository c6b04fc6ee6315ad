"""Which days are working days: the published ones, else those of the built-in calendar, else all but weekends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tax_exemption.domain.window import Window, month_of, window_of
from tax_exemption.store.calendar import Calendar

# The last day of each month's period as the State Taxation Administration published it, from January to December:
# 税总办征科函〔2021〕201号, 〔2022〕245号, for 2024 the notice of December 2023, 〔2024〕71号, 〔2025〕64号.
_PUBLISHED = {
    2022: (19, 23, 15, 20, 19, 20, 15, 15, 20, 25, 15, 15),
    2023: (16, 15, 15, 17, 18, 15, 17, 15, 15, 23, 15, 15),
    2024: (15, 23, 15, 18, 22, 19, 15, 15, 18, 24, 15, 16),
    2025: (15, 20, 17, 18, 22, 16, 15, 15, 15, 27, 17, 15),
    2026: (20, 24, 16, 20, 22, 15, 15, 17, 15, 26, 16, 15),
}


def window_in(month: date, days: Calendar, extended_to: date | None = None) -> Window:
    """The window that lies in a month, for the exports of the month before."""
    exports = month_of(month - timedelta(days=1))
    return window_of(exports, last_day=15, least_run=3, days=days, extended_to=extended_to)


@pytest.mark.parametrize(
    ("month", "last"),
    [
        (date(year, number, 1), date(year, number, last))
        for year, lasts in _PUBLISHED.items()
        for number, last in enumerate(lasts, 1)
    ],
    ids=str,
)
def test_the_window_ends_on_the_day_that_tax_published(month: date, last: date) -> None:
    """R-TAX-2, V49."""
    days = Calendar({})
    assert window_in(month, days) == Window(month, last)
    assert days.provisional is False


def test_a_year_without_an_official_calendar_is_provisional_and_never_fails() -> None:
    """F15."""
    calendar = Calendar({})
    window = window_in(date(2027, 5, 1), calendar)
    assert window.last == date(2027, 5, 17)
    assert calendar.provisional is True
    assert calendar.version.endswith("+provisional")


def test_published_days_take_precedence_over_the_built_in_calendar() -> None:
    calendar = Calendar({date(2026, 7, 15): False, date(2026, 7, 16): False})
    assert window_in(date(2026, 7, 1), calendar).last == date(2026, 7, 17)


def test_published_free_days_are_a_legal_holiday_that_moves_the_end() -> None:
    published = Calendar({date(2027, 5, day): False for day in range(1, 6)})
    assert window_in(date(2027, 5, 1), published).last == date(2027, 5, 21)


def test_a_published_extension_overrides() -> None:
    window = window_in(date(2026, 6, 1), Calendar({}), extended_to=date(2026, 6, 22))
    assert window.last == date(2026, 6, 22)
