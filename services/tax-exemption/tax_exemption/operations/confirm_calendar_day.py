"""Confirm a published day as a second person: from now on windows go by it (R-TAX-2, V6)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.rows import row_read
from shared.vocabulary.errors import Refused
from tax_exemption.domain.calendar_days import breaches_of_confirming
from tax_exemption.store.calendar import versions_of_day
from tax_exemption.store.tables import CalendarEntryRow


async def confirm_calendar_day(session: AsyncSession, entry_id: UUID, *, act: Act) -> CalendarEntryRow:
    """The confirmed entry; what was filed in the window of before stands, and is listed."""
    row = await row_read(session, CalendarEntryRow, entry_id, pilot=act.publishes_for, what="published day")
    newest = (await versions_of_day(session, row.pilot, row.day))[-1]
    breaches = breaches_of_confirming(
        row.imported_by,
        act.actor,
        confirmed_already=row.confirmed_at is not None,
        newest=newest.id == row.id,
    )
    if breaches:
        raise Refused(breaches)
    row.confirmed_by, row.confirmed_at = act.actor, act.now
    return row
