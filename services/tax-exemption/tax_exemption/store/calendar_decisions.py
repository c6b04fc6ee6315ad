"""Which returns were filed in a window that a published day may move, and what it is at the days that count now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select

from shared.policy import Policy
from shared.scope import Scope
from shared.vocabulary.legal_time import legal_date
from tax_exemption.store.calendar import Calendar
from tax_exemption.store.periods import window_for
from tax_exemption.store.returns import returns_seen_by
from tax_exemption.store.tables import ReturnRow

# A window begins with a month, and no run of holidays moves its end further.
_LONGEST_WINDOW = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Windowed:
    """A return with the end of its window and its kind as filed, and as the days that count now have them."""

    return_id: UUID
    number: str
    status: str
    month: str
    window_to_then: date
    window_to_now: date
    filing_kind_then: str
    filing_kind_now: str


def returns_windowed_by(scope: Scope, day: date) -> Select[ReturnRow]:
    """The returns whose window has the day in it or near its end."""
    row = ReturnRow
    return returns_seen_by(scope).where(row.window_from <= day, row.window_from > day - _LONGEST_WINDOW)


def windows_now(rows: Iterable[ReturnRow], rules: Policy, days: Calendar) -> list[Windowed]:
    """The returns at the days that count now; what was filed stands."""
    found = []
    for row in rows:
        filed_on = legal_date(row.filed_at)
        window = window_for(row.month, rules, days, filed_on)
        found.append(
            Windowed(
                return_id=row.id,
                number=row.number,
                status=row.status,
                month=row.month,
                window_to_then=row.window_to,
                window_to_now=window.last,
                filing_kind_then=row.filing_kind,
                filing_kind_now="in_window" if window.holds(filed_on) else "late",
            )
        )
    return found
