from __future__ import annotations

from datetime import date

import pytest

from tax_exemption.domain.filing import FilingFacts, breaches_of_filing
from tax_exemption.domain.window import Window, month_after, window_of
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


def facts(**changes: object) -> FilingFacts:
    clean: dict[str, object] = {
        "today": date(2026, 6, 8),
        "window": Window(date(2026, 6, 1), date(2026, 6, 15)),
        "late_accepted": False,
        "open_lines": 3,
        "filer_entitled": True,
        "gate_open": True,
        "outside_reference": None,
        "rate_choice": "sale_day",
        "kept_choice": None,
    }
    return FilingFacts(**{**clean, **changes})  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"today": date(2026, 6, 1)}, []),
        ({"today": date(2026, 6, 15)}, []),
        ({"today": date(2026, 5, 31)}, ["outside_filing_window"]),
        ({"today": date(2026, 6, 16)}, ["outside_filing_window"]),
        ({"open_lines": 0}, ["nothing_to_declare"]),
        ({"filer_entitled": False}, ["filer_not_entitled"]),
        ({"gate_open": False}, ["acceptance_gate_closed"]),
        ({"gate_open": False, "outside_reference": "T-1"}, []),
        ({"kept_choice": "month_first_day"}, ["rate_choice_kept"]),
        ({"kept_choice": "sale_day"}, []),
        (
            {"today": date(2026, 5, 31), "filer_entitled": False, "open_lines": 0},
            ["filer_not_entitled", "outside_filing_window", "nothing_to_declare"],
        ),
    ],
)
def test_a_return_is_refused_with_every_reason(changes: dict[str, object], codes: list[str]) -> None:
    assert [breach.code for breach in breaches_of_filing(facts(**changes))] == codes
