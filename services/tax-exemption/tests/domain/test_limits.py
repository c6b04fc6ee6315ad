"""Filing a return, rule by rule: on the first and last day, the day before, the day after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tax_exemption.domain.filing import FilingFacts, LineFacts, breaches_of_filing, exempt_rmb
from tax_exemption.domain.window import Window, month_after

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


def test_a_first_line_of_nothing_is_worth_nothing() -> None:
    """V54."""
    lines = [LineFacts(Decimal(0), Decimal(7)), LineFacts(Decimal("0.01"), Decimal(7))]
    assert exempt_rmb(lines) == [Decimal("0.00"), Decimal("0.07")]
