"""Which return an item belongs to and when that is filed, by the parameters and calendar that are stored."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import Policy
from tax_exemption.domain.period import Frequency, Periods
from tax_exemption.domain.window import Window, window_of
from tax_exemption.store.calendar import Calendar
from tax_exemption.store.parameters import ExemptionWindow, QuarterlyPeriod
from tax_exemption.store.tables import SubjectCopy


async def frequencies_of(session: AsyncSession, stall_holder_id: UUID | None) -> tuple[Frequency, ...]:
    """How often the stall holder files, as registry last published it."""
    known = await session.get(SubjectCopy, stall_holder_id) if stall_holder_id else None
    return tuple(
        Frequency(each.value, each.valid_from, each.valid_to)
        for each in (known.qualifications if known else ())
        if each.kind == "filing_frequency"
    )


async def periods_of(session: AsyncSession, stall_holder_id: UUID | None, rules: Policy, today: date) -> Periods:
    """The periods of a stall holder, as its filing frequency and the policy have them."""
    return Periods(await frequencies_of(session, stall_holder_id), rules.on(QuarterlyPeriod, today).value)


def window_for(month: str, rules: Policy, days: Calendar, today: date) -> Window:
    """The window of a month; a published extension goes before (R-TAX-2)."""
    parameter = rules.on(ExemptionWindow, today).value
    return window_of(
        month,
        last_day=parameter.last_day,
        least_run=parameter.least_holiday_run,
        days=days,
        extended_to=parameter.extended.get(month),
    )
