"""Customs' monthly rates as imported and corrected (R-FX-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import EVERY_PILOT
from shared.rows import lock_name, narrowed, of_month
from shared.scope import Scope
from trade_ledger.store.declarations import declarations_seen_by
from trade_ledger.store.tables.declarations import CustomsRateRow, DeclarationRow


def _seen_by(pilot: str) -> ColumnElement[bool]:
    return CustomsRateRow.pilot.in_([EVERY_PILOT, pilot])


def rate_id_of(pilot: str, month: date, currency: str, version: int = 1) -> str:
    """The id of a pilot's rate of a month (everybody's names no pilot); corrections carry their version."""
    named = ":".join(["customs", *([] if pilot == EVERY_PILOT else [pilot]), f"{month:%Y-%m}", currency])
    return named if version == 1 else f"{named}:{version}"


def customs_rates(scope: Scope, *, month: str | None, **columns: Any) -> Select[CustomsRateRow]:
    """The customs rates that the caller's pilot goes by, corrections included, as far as they are asked for."""
    query = narrowed(select(CustomsRateRow).where(_seen_by(scope.pilot)), CustomsRateRow, columns)
    return of_month(query, CustomsRateRow.month, month)


async def rates_of_month(session: AsyncSession, pilot: str, month: date) -> dict[str, tuple[str, Decimal]]:
    """The customs rates of a month: currency to (rate id, CNY per unit); CNY itself is always 1.

    The pilot's own go before everybody's, and the newest confirmed entry before what it corrects.
    """
    row = CustomsRateRow
    query = select(row).where(row.month == month, _seen_by(pilot))
    seen = [each for each in (await session.execute(query)).scalars() if each.counts]
    found = sorted(seen, key=lambda each: (each.pilot == pilot, each.version))
    rates = {each.currency: (each.id, each.cny_per_unit) for each in found}
    return {**rates, "CNY": (f"customs:{month:%Y-%m}:CNY", Decimal(1))}


async def versions_of_rate(session: AsyncSession, pilot: str, month: date, currency: str) -> list[CustomsRateRow]:
    """A pilot's entries of one rate, oldest first; who writes the next one waits for who writes now."""
    await lock_name(session, f"customs rate {pilot} {month} {currency}")
    row = CustomsRateRow
    query = select(row).where(row.pilot == pilot, row.month == month, row.currency == currency).order_by(row.version)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def rate_seen_by(session: AsyncSession, pilot: str, rate_id: str) -> CustomsRateRow | None:
    """A rate that a pilot goes by."""
    query = select(CustomsRateRow).where(CustomsRateRow.id == rate_id, _seen_by(pilot))
    return (await session.execute(query)).scalar_one_or_none()


def declarations_resting_on(scope: Scope, rate_id: str) -> Select[DeclarationRow]:
    """The declarations a caller may see that were valued at a rate."""
    row = DeclarationRow
    at = union(select(func.declarations_valued_at(rate_id)), select(func.declarations_of_slips_at(rate_id)))
    return declarations_seen_by(scope).where(row.id.in_(at))
