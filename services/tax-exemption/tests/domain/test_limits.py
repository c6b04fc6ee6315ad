"""Filing a return, rule by rule: on the first and last day, the day before, the day after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tax_exemption.domain.filing import (
    FilingFacts,
    LineFacts,
    breaches_of_filing,
    earliest_kept_month,
    exempt_rmb,
    gate_is_open,
)
from tax_exemption.domain.window import Window, month_after, window_of


@dataclass(frozen=True)
class OneMonth:
    """A calendar whose only free days lie in one month; those before the 20th are legal holidays."""

    first: date
    free: frozenset[int]

    def is_working(self, day: date) -> bool:
        return day.month != self.first.month or day.day not in self.free

    def is_holiday(self, day: date) -> bool:
        return not self.is_working(day) and day.day < 20


RETURN = FilingFacts(
    today=date(2026, 6, 15),
    window=Window(date(2026, 6, 1), date(2026, 6, 15)),
    late_accepted=False,
    open_lines=1,
    filer_entitled=True,
    gate_open=True,
    outside_reference=None,
    rate_choice="sale_day",
    kept_choice=None,
)


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("R-TAX-2: on the last day", {}, []),
        ("R-TAX-2: on the first day", {"today": date(2026, 6, 1)}, []),
        ("R-TAX-2: a day early", {"today": date(2026, 5, 31)}, ["outside_filing_window"]),
        ("R-TAX-2: a day late", {"today": date(2026, 6, 16)}, ["outside_filing_window"]),
        ("R-TAX-7: a day late, as the officer let", {"today": date(2026, 6, 16), "late_accepted": True}, []),
        ("R-TAX-3: by another", {"filer_entitled": False}, ["filer_not_entitled"]),
        ("R-TAX-6: nothing is open", {"open_lines": 0}, ["nothing_to_declare"]),
        ("R-TAX-4: before the gate opens", {"gate_open": False}, ["acceptance_gate_closed"]),
        ("R-TAX-4: made outside before it opens", {"gate_open": False, "outside_reference": "x"}, []),
        ("R-TAX-4: made outside after it opened", {"outside_reference": "x"}, ["filed_through_the_system"]),
        ("R-TAX-6: the rate as it was chosen", {"kept_choice": "sale_day"}, []),
        ("R-TAX-6: another rate within the year", {"kept_choice": "month_start"}, ["rate_choice_kept"]),
        (
            "every reason at once",
            {"today": date(2026, 5, 31), "filer_entitled": False, "open_lines": 0},
            ["filer_not_entitled", "outside_filing_window", "nothing_to_declare"],
        ),
    ],
)
def test_a_return(rule: str, changed: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in breaches_of_filing(replace(RETURN, **changed))] == expected, rule


@pytest.mark.parametrize(
    ("month", "after"),
    [("2026-01", date(2026, 2, 1)), ("2026-11", date(2026, 12, 1)), ("2026-12", date(2027, 1, 1))],
)
def test_the_month_after(month: str, after: date) -> None:
    """V49."""
    assert month_after(month) == after


def test_a_first_line_without_value_is_zero() -> None:
    """V54."""
    lines = [LineFacts(Decimal(0), Decimal(7)), LineFacts(Decimal("0.01"), Decimal(7))]
    assert exempt_rmb(lines) == [Decimal("0.00"), Decimal("0.07")]


@pytest.mark.parametrize(
    ("rule", "open_from", "is_open"),
    [
        ("R-TAX-4: from tomorrow", date(2026, 6, 16), False),
        ("R-TAX-4: from today", date(2026, 6, 15), True),
        ("R-TAX-4: since yesterday", date(2026, 6, 14), True),
        ("R-TAX-4: tax has named no day", None, False),
    ],
)
def test_the_acceptance_gate(rule: str, open_from: date | None, is_open: bool) -> None:
    assert gate_is_open(open_from, date(2026, 6, 15)) is is_open, rule


@pytest.mark.parametrize(
    ("rule", "month", "earliest"),
    [
        ("R-TAX-6: within a year", "2026-12", "2026-01"),
        ("R-TAX-6: over the turn of the year", "2026-11", "2025-12"),
        ("R-TAX-6: of January", "2026-01", "2025-02"),
    ],
)
def test_a_choice_of_rate_is_kept_for_twelve_months(rule: str, month: str, earliest: str) -> None:
    assert earliest_kept_month(month) == earliest, rule


@pytest.mark.parametrize(
    ("rule", "month", "free", "last_day", "last"),
    [
        ("R-TAX-2: the 15th is a working day", "2026-05", [], 15, date(2026, 6, 15)),
        ("R-TAX-2: the 15th is free", "2026-05", [15], 15, date(2026, 6, 16)),
        ("R-TAX-2: a holiday ends on the 14th, of two days", "2026-05", [13, 14], 15, date(2026, 6, 15)),
        ("R-TAX-2: of three", "2026-05", [12, 13, 14], 15, date(2026, 6, 18)),
        ("R-TAX-2: of four", "2026-05", [11, 12, 13, 14], 15, date(2026, 6, 19)),
        ("R-TAX-2: two of three days lie inside", "2026-05", [14, 15, 16], 15, date(2026, 6, 17)),
        ("R-TAX-2: all three lie inside", "2026-05", [13, 14, 15], 15, date(2026, 6, 18)),
        ("R-TAX-2: only working days are counted", "2026-05", [1, 2, 3, 16, 18], 15, date(2026, 6, 20)),
        ("R-TAX-2: two holidays of three days", "2026-05", [1, 2, 3, 7, 8, 9], 15, date(2026, 6, 21)),
        ("R-TAX-2: free days without a legal holiday", "2026-05", [20, 21, 22], 22, date(2026, 6, 23)),
        ("R-TAX-2: free days move it into the next month", "2026-05", [30], 30, date(2026, 7, 1)),
        ("R-TAX-2: a month shorter than the last day", "2028-01", [], 31, date(2028, 2, 29)),
        ("R-TAX-2: and not a leap year", "2026-01", [], 31, date(2026, 2, 28)),
        ("V49: of December", "2026-12", [], 15, date(2027, 1, 15)),
    ],
)
def test_the_last_day_of_a_window(rule: str, month: str, free: list[int], last_day: int, last: date) -> None:
    first = month_after(month)
    days = OneMonth(first, frozenset(free))
    assert window_of(month, last_day=last_day, least_run=3, days=days) == Window(first, last), rule
