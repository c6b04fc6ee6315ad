"""Tax imports a published middle rate (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from tax_exemption.domain.rates import breaches_of_middle_rate
from tax_exemption.store.rates import rate_is_imported
from tax_exemption.store.tables import MiddleRateRow


async def import_middle_rate(
    session: AsyncSession, *, day: date, currency: str, cny_per_unit: Decimal, source: str, act: Act
) -> MiddleRateRow:
    """The stored rate, or every reason why not."""
    imported = await rate_is_imported(session, currency, day)
    today = legal_date(act.now)
    if breaches := breaches_of_middle_rate(currency, cny_per_unit, day, today=today, imported=imported):
        raise Refused(breaches)
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
