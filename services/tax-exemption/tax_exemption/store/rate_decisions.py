"""What was decided at a middle rate, and what it amounts to at the entries that count now (R-FX-10)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.vocabulary.money import rounded
from tax_exemption.store.rates import middle_rate, rate_seen_by
from tax_exemption.store.tables import ReturnLineRow, ReturnRow

_MOST_DECISIONS = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """A return that rests on a rate: its amount as filed, and with the lines of this rate at what counts now."""

    return_id: UUID
    number: str
    status: str
    month: str
    value_then_rmb: Decimal
    value_now_rmb: Decimal


async def decisions_at(session: AsyncSession, pilot: str, rate_id: str) -> list[Decided]:
    """The returns that rest on a rate, oldest first."""
    of = await rate_seen_by(session, pilot, rate_id)
    counting = None if of is None else await middle_rate(session, pilot, of.currency, of.day, reach_days=0)
    if counting is None:
        return []
    line = ReturnLineRow
    fob, rmb = func.sum(line.fob_value), func.sum(line.exempt_rmb)
    query = (
        select(ReturnRow, fob.label("fob"), rmb.label("rmb"))
        .join(line, line.return_id == ReturnRow.id)
        .where(ReturnRow.pilot == pilot, line.rate_id == rate_id)
        .group_by(ReturnRow.id)
        .order_by(ReturnRow.id)
        .limit(_MOST_DECISIONS)
    )
    return [
        Decided(
            row.id, row.number, row.status, row.month, row.total_rmb,
            row.total_rmb if counting[0] == rate_id else row.total_rmb - then + rounded(at_rate * counting[1], "CNY"),
        )
        for row, at_rate, then in await session.execute(query)
    ]  # fmt: skip
