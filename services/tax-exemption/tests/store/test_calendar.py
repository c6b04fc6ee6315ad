"""Which days are working days: as published, as the built-in calendar says, else weekends."""

from __future__ import annotations

from datetime import date

import pytest

from tax_exemption.domain.window import month_after, window_of
from tax_exemption.store.calendar import Calendar


@pytest.mark.parametrize(
    ("month", "last"),
    [
        ("2026-05", "2026-06-15"),
        ("2025-12", "2026-01-15"),
        ("2026-01", "2026-02-24"),  # the 15th lies in the Spring Festival days
        ("2024-02", "2024-03-15"),
        ("2026-07", "2026-08-17"),  # the 15th is a Saturday
    ],
)
def test_the_window_ends_on_the_15th_moved_by_holidays(month: str, last: str) -> None:
    calendar = Calendar({})
    window = window_of(month, last_day=15, is_working=calendar.is_working)
    assert (window.first, window.last) == (month_after(month), date.fromisoformat(last))
    assert calendar.provisional is False


def test_a_year_without_an_official_calendar_is_provisional_and_never_fails() -> None:
    """F15."""
    calendar = Calendar({})
    window = window_of("2027-04", last_day=15, is_working=calendar.is_working)
    assert window.last == date(2027, 5, 17)
    assert calendar.provisional is True
    assert calendar.version.endswith("+provisional")


def test_published_days_go_before_the_built_in_calendar() -> None:
    calendar = Calendar({date(2026, 6, 15): False, date(2026, 6, 16): False})
    assert window_of("2026-05", last_day=15, is_working=calendar.is_working).last == date(2026, 6, 17)


def test_a_published_extension_overrides() -> None:
    window = window_of("2026-05", last_day=15, is_working=Calendar({}).is_working, extended_to=date(2026, 6, 22))
    assert window.last == date(2026, 6, 22)
