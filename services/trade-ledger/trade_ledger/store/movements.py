"""Move a line's quantity: the counter under its own condition, and the move beside it (V20, V21, R-PACK-2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from trade_ledger.store.tables.trades import LineCounterRow, MovementRow

# The room of each kind: what it may rise to, and what it may not fall below.
_CEILING = {
    "void": "registered - packed",
    "packed": "registered - void",
    "declared": "packed",
    "released": "declared",
    "departed": "released",
    "returned": "departed",
}
_FLOOR = {
    "void": "0",
    "packed": "declared",
    "declared": "released",
    "released": "departed",
    "departed": "returned",
    "returned": "0",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A signed change of one counter of one line."""

    line_id: UUID
    kind: str
    quantity: Decimal


async def move(session: AsyncSession, moves: Sequence[Move], *, reference: str, act: Act) -> list[Move]:
    """Apply the moves in the order of the lines' ids; returns those that don't fit (then the caller refuses)."""
    unfit = [each for each in sorted(moves, key=lambda one: one.line_id) if not await _counter_took(session, each)]
    if not unfit:
        await _keep(session, moves, reference, act)
    return unfit


async def move_what_fits(session: AsyncSession, moves: Sequence[Move], *, reference: str, act: Act) -> set[UUID]:
    """Apply the moves as given, skipping a line from its first that doesn't fit on; returns those lines.

    For facts of an authority, which are recorded whether our counters agree or not (R-DECL-7).
    """
    stuck: set[UUID] = set()
    done = []
    for each in moves:
        if each.line_id in stuck:
            continue
        if await _counter_took(session, each):
            done.append(each)
        else:
            stuck.add(each.line_id)
    await _keep(session, done, reference, act)
    return stuck


async def booked_by(
    session: AsyncSession, reference: str, line_ids: Collection[UUID]
) -> dict[tuple[UUID, str], Decimal]:
    """What a reference has moved so far, by line and kind; the lines' counters stay locked until commit."""
    counters = select(LineCounterRow.line_id).where(LineCounterRow.line_id.in_(line_ids))
    await session.execute(counters.order_by(LineCounterRow.line_id).with_for_update())
    query = (
        select(MovementRow.line_id, MovementRow.kind, func.sum(MovementRow.quantity))
        .where(MovementRow.line_id.in_(line_ids), MovementRow.reference == reference)
        .group_by(MovementRow.line_id, MovementRow.kind)
    )
    return {(line_id, kind): total for line_id, kind, total in await session.execute(query)}


async def _counter_took(session: AsyncSession, each: Move) -> bool:
    statement = text(
        f"UPDATE trade_line_counters SET {each.kind} = {each.kind} + :by WHERE line_id = :line"
        f" AND {each.kind} + :by <= {_CEILING[each.kind]} AND {each.kind} + :by >= {_FLOOR[each.kind]}"
        " RETURNING line_id"
    )
    return (await session.execute(statement, {"by": each.quantity, "line": each.line_id})).first() is not None


async def _keep(session: AsyncSession, moves: Sequence[Move], reference: str, act: Act) -> None:
    if not moves:
        return
    rows = [
        {
            "line_id": each.line_id,
            "pilot": act.pilot,
            "kind": each.kind,
            "quantity": each.quantity,
            "reference": reference,
            "at": act.now,
            "actor": act.actor,
        }
        for each in moves
    ]
    await session.execute(insert(MovementRow), rows)
