"""Which days are working days: published days of ours first, then the built-in calendar, else weekends."""

from __future__ import annotations

from datetime import date

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tax_exemption.store.tables import CalendarDayRow

_SATURDAY = 5


class Calendar:
    """Answers for any day; `provisional` where the official notice of the year isn't known yet."""

    def __init__(self, published: dict[date, bool]) -> None:
        self._published = published
        self.provisional = False

    def is_working(self, day: date) -> bool:
        """Whether the tax office works on a day."""
        if day in self._published:
            return self._published[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # the library's answer for years whose holidays are not published yet
            self.provisional = True
            return day.weekday() < _SATURDAY

    def is_holiday(self, day: date) -> bool:
        """Whether a day is free as part of a legal holiday; a published free day is."""
        if day in self._published:
            return not self._published[day]
        try:
            free, holiday = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            self.provisional = True
            return False
        return bool(free and holiday)

    @property
    def version(self) -> str:
        """What a decision stores: the built-in calendar's version and how many published days went before it."""
        suffix = "+provisional" if self.provisional else ""
        return f"chinesecalendar-{chinese_calendar.__version__}+{len(self._published)}{suffix}"


async def calendar(session: AsyncSession) -> Calendar:
    """The calendar as the database has it now."""
    rows = (await session.execute(select(CalendarDayRow))).scalars()
    return Calendar({row.day: row.working for row in rows})
