"""Import middle rates and published calendar days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.rows import lock_name
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import currency_in_use
from shared.vocabulary.rules import Breach
from tax_exemption.store.tables import CalendarDayRow, MiddleRateRow


async def import_middle_rate(
    session: AsyncSession, *, day: date, currency: str, cny_per_unit: Decimal, source: str, act: Act
) -> MiddleRateRow:
    """The stored rate; a published day is not overwritten, since returns rest on it."""
    breaches = []
    if not currency_in_use(currency):
        breaches.append(Breach("currency_unknown", "V56", "/currency", {"currency": currency}))
    if day > legal_date(act.now):
        breaches.append(Breach("date_in_the_future", "V16", "/day"))
    if cny_per_unit <= 0:
        breaches.append(Breach("rate_not_positive", "R-FX-10", "/cny_per_unit"))
    await lock_name(session, f"middle rate {day} {currency}")
    if await session.get(MiddleRateRow, (day, currency)) is not None:
        breaches.append(Breach("rate_imported_already", "R-FX-10", "/day"))
    if breaches:
        raise Refused(tuple(breaches))
    row = MiddleRateRow(
        day=day,
        currency=currency,
        cny_per_unit=cny_per_unit,
        source=source,
        imported_by=act.actor,
        imported_at=act.now,
    )
    session.add(row)
    return row


async def publish_calendar_day(session: AsyncSession, *, day: date, working: bool, source: str) -> None:
    """The day as the authority published it, newest word first."""
    row = {"day": day, "working": working, "source": source}
    await session.execute(insert(CalendarDayRow).values(row).on_conflict_do_update(index_elements=["day"], set_=row))
