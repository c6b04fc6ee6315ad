"""Customs' monthly rates as imported (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trade_ledger.store.tables.declarations import CustomsRateRow


async def customs_rates(session: AsyncSession) -> list[CustomsRateRow]:
    """All imported customs rates."""
    return list((await session.execute(select(CustomsRateRow).order_by(CustomsRateRow.id))).scalars())


async def rates_of_month(session: AsyncSession, month: date) -> dict[str, tuple[str, Decimal]]:
    """The customs rates of a month: currency to (rate id, CNY per unit); CNY itself is always 1."""
    query = select(CustomsRateRow).where(CustomsRateRow.month == month)
    found = {row.currency: (row.id, row.cny_per_unit) for row in (await session.execute(query)).scalars()}
    return {**found, "CNY": (f"customs:{month:%Y-%m}:CNY", Decimal(1))}
