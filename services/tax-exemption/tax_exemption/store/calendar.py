"""Which days are working days: a pilot's published days first, everybody's, the built-in calendar, else weekends."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import chinese_calendar
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import EVERY_PILOT
from shared.rows import lock_name
from shared.vocabulary.errors import NotFound
from tax_exemption.store.tables import CalendarDayRow, CalendarEntryRow

_SATURDAY = 5


class Calendar:
    """Answers for any day; `provisional` where the official notice of the year isn't known yet."""

    def __init__(self, published: dict[date, bool], entries: int = 0) -> None:
        self._published = published
        self._entries = entries
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
        """What a decision stores: the built-in calendar's version and how many published entries went before it."""
        suffix = "+provisional" if self.provisional else ""
        return f"chinesecalendar-{chinese_calendar.__version__}+{self._entries}{suffix}"


async def calendar(session: AsyncSession, pilot: str) -> Calendar:
    """The calendar that a pilot goes by, as the database has it now: its own entries before everybody's."""
    earlier = (await session.execute(select(CalendarDayRow))).scalars()
    published = {row.day: row.working for row in earlier}
    entry = CalendarEntryRow
    confirmed = calendar_entries(pilot).where(entry.confirmed_at.is_not(None))
    own_last = confirmed.order_by(entry.pilot == pilot, entry.version)
    entries = list((await session.execute(own_last)).scalars())
    count = len(published) + len(entries)
    return Calendar(published | {row.day: row.working for row in entries}, count)


def calendar_entries(pilot: str) -> Select[CalendarEntryRow]:
    """The published days that a pilot goes by, with their corrections and what waits for a second person."""
    return select(CalendarEntryRow).where(CalendarEntryRow.pilot.in_([EVERY_PILOT, pilot]))


async def entry_seen_by(session: AsyncSession, pilot: str, entry_id: UUID) -> CalendarEntryRow:
    """One of these days, or NotFound."""
    seen = calendar_entries(pilot).where(CalendarEntryRow.id == entry_id)
    entry = (await session.execute(seen)).scalar_one_or_none()
    if entry is None:
        raise NotFound(f"no published day {entry_id}")
    return entry


async def versions_of_day(session: AsyncSession, pilot: str, day: date) -> list[CalendarEntryRow]:
    """A pilot's entries of one day, oldest first; who writes the next one waits for who writes now."""
    await lock_name(session, f"calendar day {pilot} {day}")
    row = CalendarEntryRow
    query = select(row).where(row.pilot == pilot, row.day == day).order_by(row.version)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())
