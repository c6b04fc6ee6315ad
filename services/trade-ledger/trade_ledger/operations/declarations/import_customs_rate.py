"""Import a customs monthly rate as published (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.reference import customs_code
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach
from trade_ledger.domain.customs_rates import breaches_of_rate
from trade_ledger.operations.declarations.judge_rate import judge_rate
from trade_ledger.store.customs_rates import rate_id_of, versions_of_rate
from trade_ledger.store.tables.declarations import CustomsRateRow


async def import_customs_rate(
    session: AsyncSession, *, month: date, currency: str, cny_per_unit: Decimal, source: str, act: Act
) -> CustomsRateRow:
    """The rate as one person typed it: it counts once a second one confirms it.

    A published month is not overwritten, since decisions rest on it.
    """
    rate_id = rate_id_of(act.publishes_for, month, currency)
    listed = customs_code("currency", currency, month) is not None
    breaches = breaches_of_rate(month, currency, cny_per_unit, listed=listed)
    breaches += await judge_rate(session, month, currency, cny_per_unit, act)
    if await versions_of_rate(session, act.publishes_for, month, currency):
        breaches += (Breach("rate_imported_already", "R-FX-10", "/month", {"rate": rate_id}),)
    if breaches:
        raise Refused(breaches)
    row = CustomsRateRow(
        id=rate_id,
        pilot=act.publishes_for,
        version=1,
        by_two_persons=True,
        month=month,
        currency=currency,
        cny_per_unit=cny_per_unit,
        source=source,
        imported_by=act.actor,
        imported_at=act.now,
    )
    session.add(row)
    return row
