"""Import a customs monthly rate as published (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.reference import customs_code
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach
from trade_ledger.store.tables.declarations import CustomsRateRow


async def import_customs_rate(
    session: AsyncSession, *, month: date, currency: str, cny_per_unit: Decimal, source: str, act: Act
) -> CustomsRateRow:
    """The stored rate; a published month is not overwritten, since decisions rest on it."""
    rate_id = f"customs:{month:%Y-%m}:{currency}"
    breaches = []
    if month.day != 1:
        breaches.append(Breach("rate_month_not_first", "R-FX-10", "/month"))
    if customs_code("currency", currency, month) is None:
        breaches.append(Breach("currency_unknown", "V56", "/currency", {"currency": currency}))
    if currency == "CNY":
        breaches.append(Breach("rate_is_one", "R-FX-10", "/currency"))
    if cny_per_unit <= 0:
        breaches.append(Breach("amount_not_positive", "V14", "/cny_per_unit"))
    if await session.get(CustomsRateRow, rate_id) is not None:
        breaches.append(Breach("rate_imported_already", "R-FX-10", "/month", {"rate": rate_id}))
    if breaches:
        raise Refused(tuple(breaches))
    row = CustomsRateRow(
        id=rate_id,
        month=month,
        currency=currency,
        cny_per_unit=cny_per_unit,
        source=source,
        imported_by=act.actor,
        imported_at=act.now,
    )
    session.add(row)
    return row
