"""Find which return an item belongs to, and when that is filed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import Policy
from tax_exemption.domain.period import Frequency, period_of
from tax_exemption.domain.window import Window, window_of
from tax_exemption.store.calendar import Calendar
from tax_exemption.store.items import OpenItem, frequencies_of
from tax_exemption.store.parameters import ExemptionWindow, QuarterlyPeriod


class Periods:
    """A stall holder's periods; an adjustment may stand in any later one (R-TAX-2, R-TAX-6, V53)."""

    def __init__(self, frequencies: tuple[Frequency, ...], rules: Policy, today: date) -> None:
        self._frequencies = frequencies
        self._quarterly = rules.on(QuarterlyPeriod, today).value

    def of(self, export_date: date) -> str:
        """The month under which an export date is declared."""
        return period_of(export_date, self._frequencies, self._quarterly)

    def holds(self, month: str, each: OpenItem) -> bool:
        """Whether an open item stands in the month's return."""
        own = self.of(each.item.export_date)
        return own < month if each.adjustment else own == month


async def periods_of(session: AsyncSession, stall_holder_id: UUID | None, rules: Policy, today: date) -> Periods:
    """The periods of a stall holder, as its filing frequency and the policy have them."""
    return Periods(await frequencies_of(session, stall_holder_id), rules, today)


def window_for(month: str, rules: Policy, days: Calendar, today: date) -> Window:
    """The window of a month; a published extension goes before (R-TAX-2)."""
    parameter = rules.on(ExemptionWindow, today).value
    return window_of(
        month,
        last_day=parameter.last_day,
        is_working=days.is_working,
        extended_to=parameter.extended.get(month),
    )
