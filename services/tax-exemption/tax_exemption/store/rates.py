"""Questions about published middle rates."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.rows import lock_name
from tax_exemption.store.tables import MiddleRateRow


async def middle_rate(
    session: AsyncSession, currency: str, day: date, *, reach_days: int
) -> tuple[str, Decimal] | None:
    """(rate id, CNY per unit) published for the day, or last before it within reach; CNY itself is 1."""
    if currency == "CNY":
        return "CNY", Decimal(1)
    query = (
        select(MiddleRateRow)
        .where(MiddleRateRow.currency == currency, MiddleRateRow.day <= day)
        .where(MiddleRateRow.day >= day - timedelta(days=reach_days))
        .order_by(MiddleRateRow.day.desc())
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else (f"middle:{row.day}:{row.currency}", row.cny_per_unit)


async def rate_is_imported(session: AsyncSession, currency: str, day: date) -> bool:
    """Whether a day's rate is there; of two who ask at once the second waits for the first to commit."""
    await lock_name(session, f"middle rate {day} {currency}")
    return await session.get(MiddleRateRow, (day, currency)) is not None
