"""Middle rates as imported and corrected (R-FX-10)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import EVERY_PILOT
from shared.rows import lock_name, narrowed, of_month
from shared.scope import Scope
from tax_exemption.store.tables import MiddleRateRow

_ID = re.compile(
    r"middle:(?:(?P<pilot>[^:]+):)?(?P<day>\d{4}-\d\d-\d\d):(?P<currency>[A-Z]{3})(?::(?P<version>[1-9]\d{0,8}))?",
    re.ASCII,
)


def _seen_by(pilot: str) -> ColumnElement[bool]:
    return MiddleRateRow.pilot.in_([EVERY_PILOT, pilot])


def middle_rates(scope: Scope, month: str, currency: str | None) -> Select[MiddleRateRow]:
    """The middle rates of a month's days that a pilot goes by, corrections included."""
    query = narrowed(select(MiddleRateRow).where(_seen_by(scope.pilot)), MiddleRateRow, {"currency": currency})
    return of_month(query, MiddleRateRow.day, month)


async def middle_rate(
    session: AsyncSession, pilot: str, currency: str, day: date, *, reach_days: int
) -> tuple[str, Decimal] | None:
    """(rate id, CNY per unit) published for the day, or last before it within reach; CNY itself is 1."""
    if currency == "CNY":
        return "CNY", Decimal(1)
    row = await _newest(session, pilot, currency, MiddleRateRow.day.between(day - timedelta(days=reach_days), day))
    return None if row is None else (row.id, row.cny_per_unit)


async def rate_before(session: AsyncSession, pilot: str, currency: str, day: date) -> Decimal | None:
    """The last rate that counts of a day before; None where there is none."""
    row = await _newest(session, pilot, currency, MiddleRateRow.day < day)
    return None if row is None else row.cny_per_unit


async def _newest(session: AsyncSession, pilot: str, currency: str, days: ColumnElement[bool]) -> MiddleRateRow | None:
    """What counts of the last day: the pilot's own before everybody's, then the newest confirmed correction."""
    row = MiddleRateRow
    counts = or_(row.confirmed_at.is_not(None), and_(row.version == 1, not_(row.by_two_persons)))
    query = select(row).where(row.currency == currency, days, _seen_by(pilot), counts)
    query = query.order_by(row.day.desc(), (row.pilot == pilot).desc(), row.version.desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def versions_of_rate(session: AsyncSession, pilot: str, day: date, currency: str) -> list[MiddleRateRow]:
    """A pilot's entries of one rate, oldest first; who writes the next one waits for who writes now."""
    await lock_name(session, f"middle rate {pilot} {day} {currency}")
    row = MiddleRateRow
    query = select(row).where(row.pilot == pilot, row.day == day, row.currency == currency).order_by(row.version)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def rate_seen_by(session: AsyncSession, pilot: str, rate_id: str) -> MiddleRateRow | None:
    """A rate that a pilot goes by."""
    named = _ID.fullmatch(rate_id)
    if named is None:
        return None
    row = MiddleRateRow
    try:
        day = date.fromisoformat(named["day"])
    except ValueError:
        return None
    is_it = and_(
        row.day == day,
        row.currency == named["currency"],
        row.pilot == (named["pilot"] or EVERY_PILOT),
        row.version == int(named["version"] or 1),
    )
    return (await session.execute(select(row).where(is_it, _seen_by(pilot)))).scalar_one_or_none()
