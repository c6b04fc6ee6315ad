"""Void a packing list that isn't declared: its quantities are free again, and it shows what it held (R-PACK-2, V20)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import PackingListState, PackingListVoided
from shared.vocabulary.errors import Refused
from trade_ledger.domain.packing import breaches_of_voided_list
from trade_ledger.publishers.packing import announce_packing_list
from trade_ledger.store.movements import Move, move
from trade_ledger.store.packing import load_of, own_packing_list, packed_lines_of


async def void_packing_list(
    session: AsyncSession, list_id: UUID, *, reason: str, version: int, act: Act
) -> PackingListState:
    """The void list; nothing is deleted."""
    row = await own_packing_list(session, list_id, version, act)
    held = [] if row.status == "void" else await packed_lines_of(session, [list_id])
    declared = row.declaration_id is not None
    # Same lock order as customs' receipts: the lines' counters before the load.
    moves = [Move(each.line_id, "packed", each.shut_out - each.quantity) for each in held]
    unfit = [] if declared else await move(session, moves, reference=row.number, act=act)
    load = await load_of(session, row)
    if breaches := breaches_of_voided_list(row.status, load.status, declared=declared):
        raise Refused(breaches)
    if unfit:
        raise RuntimeError(f"an undeclared list's lines are declared: {[str(each.line_id) for each in unfit]}")
    row.status = "void"
    return await announce_packing_list(session, row, PackingListVoided, act=act, reason=reason)
