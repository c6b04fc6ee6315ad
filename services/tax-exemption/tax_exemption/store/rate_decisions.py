"""What was decided at a middle rate, and what it amounts to at the entries that count now (R-FX-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.scope import Scope
from shared.vocabulary.money import rounded
from tax_exemption.store.rates import middle_rate, rate_seen_by
from tax_exemption.store.returns import returns_seen_by
from tax_exemption.store.tables import ReturnLineRow, ReturnRow


@dataclass(frozen=True, slots=True)
class Decided:
    """A return that rests on a rate: its amount as filed, and with the lines of this rate at what counts now."""

    return_id: UUID
    number: str
    status: str
    month: str
    value_then_rmb: Decimal
    value_now_rmb: Decimal


def returns_resting_on(scope: Scope, rate_id: str) -> Select[ReturnRow]:
    """The returns with a line that was converted at a rate."""
    lines = select(ReturnLineRow.return_id).where(ReturnLineRow.rate_id == rate_id)
    return returns_seen_by(scope).where(ReturnRow.id.in_(lines))


async def decisions_on(session: AsyncSession, scope: Scope, rate_id: str, rows: Sequence[ReturnRow]) -> list[Decided]:
    """What the returns that rest on a rate amounted to then, and do now."""
    of = await rate_seen_by(session, scope.pilot, rate_id)
    counting = None if of is None else await middle_rate(session, scope.pilot, of.currency, of.day, reach_days=0)
    if counting is None:
        return []
    line = ReturnLineRow
    fob, rmb = func.sum(line.fob_value), func.sum(line.exempt_rmb)
    query = (
        select(line.return_id, fob, rmb)
        .where(line.return_id.in_({row.id for row in rows}), line.rate_id == rate_id)
        .group_by(line.return_id)
    )
    sums = {return_id: (at_rate, then) for return_id, at_rate, then in await session.execute(query)}
    changes = {
        return_id: Decimal(0) if counting[0] == rate_id else rounded(at_rate * counting[1], "CNY") - then
        for return_id, (at_rate, then) in sums.items()
    }
    return [
        Decided(row.id, row.number, row.status, row.month, row.total_rmb, row.total_rmb + changes[row.id])
        for row in rows
    ]
