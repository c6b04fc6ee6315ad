"""Tax imports a published middle rate (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach
from tax_exemption.operations.judge_rate import judge_rate
from tax_exemption.store.rates import versions_of_rate
from tax_exemption.store.tables import MiddleRateRow


async def import_middle_rate(
    session: AsyncSession, *, day: date, currency: str, cny_per_unit: Decimal, source: str, act: Act
) -> MiddleRateRow:
    """The rate as one person typed it: it counts once a second one confirms it.

    A published day is not overwritten, since returns rest on it.
    """
    breaches = await judge_rate(session, day, currency, cny_per_unit, act)
    if known := await versions_of_rate(session, act.publishes_for, day, currency):
        breaches += (Breach("rate_imported_already", "R-FX-10", "/day", {"rate": known[0].id}),)
    if breaches:
        raise Refused(breaches)
    row = MiddleRateRow(
        pilot=act.publishes_for,
        version=1,
        by_two_persons=True,
        day=day,
        currency=currency,
        cny_per_unit=cny_per_unit,
        source=source,
        imported_by=act.actor,
        imported_at=act.now,
    )
    session.add(row)
    return row
