"""Write the outcome of customs' receipts for a declaration: portions, items, packing lists, counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from trade_ledger.domain.days import days_of
from trade_ledger.domain.portions import counters_of
from trade_ledger.domain.receipts import INACTIVE, Outcome, Receipt
from trade_ledger.store.declarations import (
    hold_packing_lists,
    keep_portions,
    keep_shut_out,
    keep_totals,
)
from trade_ledger.store.movements import Move, booked_by, move_what_fits
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow

_INWARDS = ("packed", "declared", "released", "departed", "returned")


@dataclass(frozen=True, slots=True)
class Booked:
    """The portions that changed, and by their ids the goods of those whose counters can't hold the fact."""

    changed: set[UUID]
    stuck: dict[str, str]


async def book_outcome(
    session: AsyncSession,
    row: DeclarationRow,
    portions: list[PortionRow],
    outcome: Outcome,
    receipts: Sequence[Receipt],
    *,
    before: str,
    act: Act,
) -> Booked:
    """What was booked; `row.status` is already the new one."""
    if (before in INACTIVE) != (row.status in INACTIVE):
        await hold_packing_lists(session, row, held=row.status not in INACTIVE)
    new = [(portion, outcome.portions[str(portion.id)]) for portion in portions]
    days = [days_of(receipts, str(portion.id), now) for portion, now in new]
    changed = await keep_portions(session, [(portion, now, on) for (portion, now), on in zip(new, days, strict=True)])
    keep_totals(row, portions)
    stuck = await _book(session, row, portions, outcome, act)
    if row.status in INACTIVE:
        await keep_shut_out(session, row, [each for each in portions if str(each.id) not in stuck])
    return Booked(changed, stuck)


async def _book(
    session: AsyncSession, row: DeclarationRow, portions: list[PortionRow], outcome: Outcome, act: Act
) -> dict[str, str]:
    """Book the difference between this declaration's due counters and what it has booked so far.

    Falling counters go first and from the outside in, so that no step passes a state that the CHECKs forbid.
    """
    booked = await booked_by(session, row.number, {each.line_id for each in portions})
    falling: list[Move] = []
    rising: list[Move] = []
    for portion in portions:
        wanted = counters_of(outcome.portions[str(portion.id)], active=row.status not in INACTIVE)
        by_kind = {kind: wanted[kind] - booked.get((portion.line_id, kind), Decimal(0)) for kind in _INWARDS}
        moves = [Move(portion.line_id, kind, by) for kind, by in by_kind.items() if by]
        falling += reversed([each for each in moves if each.quantity < 0])
        rising += [each for each in moves if each.quantity > 0]
    stuck = await move_what_fits(session, falling + rising, reference=row.number, act=act)
    return {str(portion.id): portion.content.goods_name for portion in portions if portion.line_id in stuck}
