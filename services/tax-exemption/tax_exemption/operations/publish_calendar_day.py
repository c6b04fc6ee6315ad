"""Tax publishes a working or free day."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from shared.rows import put
from tax_exemption.store.tables import CalendarDayRow


async def publish_calendar_day(session: AsyncSession, *, day: date, working: bool, source: str) -> None:
    """The day as the authority published it last."""
    await put(session, CalendarDayRow, {"day": day, "working": working, "source": source})
