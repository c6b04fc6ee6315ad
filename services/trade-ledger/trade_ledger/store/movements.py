"""Move a line's quantity: the counter under its own condition, and the move beside it (V20, V21, R-PACK-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from trade_ledger.store.tables.trades import MovementRow

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
    unfit = []
    for each in sorted(moves, key=lambda one: one.line_id):
        statement = text(
            f"UPDATE trade_line_counters SET {each.kind} = {each.kind} + :by WHERE line_id = :line"
            f" AND {each.kind} + :by <= {_CEILING[each.kind]} AND {each.kind} + :by >= {_FLOOR[each.kind]}"
            " RETURNING line_id"
        )
        fits = (await session.execute(statement, {"by": each.quantity, "line": each.line_id})).first()
        if fits is None:
            unfit.append(each)
    if not unfit and moves:
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
    return unfit
