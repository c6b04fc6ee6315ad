"""One person of tax publishes a working or free day, or corrects it (R-TAX-2)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.vocabulary.errors import Refused
from tax_exemption.domain.calendar_days import breaches_of_publishing
from tax_exemption.store.calendar import versions_of_day
from tax_exemption.store.tables import CalendarEntryRow


async def publish_calendar_day(
    session: AsyncSession, *, day: date, working: bool, source: str, reason: str | None, act: Act
) -> CalendarEntryRow:
    """The entry, which counts once a second person confirms it; nothing is overwritten, since windows rest on it."""
    known = await versions_of_day(session, act.publishes_for, day)
    last = known[-1] if known else None
    breaches = breaches_of_publishing(
        published_already=last is not None, changed=last is None or last.working != working, reason=reason
    )
    if breaches:
        raise Refused(breaches)
    row = CalendarEntryRow(
        id=uuid7(),
        pilot=act.publishes_for,
        day=day,
        version=1 if last is None else last.version + 1,
        working=working,
        source=source,
        reason=reason,
        imported_by=act.actor,
        imported_at=act.now,
    )
    session.add(row)
    return row
