"""Take lines out of a packing list before it is sealed (R-PACK-2)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import PackingListPacked, PackingListState
from shared.vocabulary.errors import Conflict, NotFound
from trade_ledger.publishers.packing import announce_packing_list
from trade_ledger.store.movements import Move, move
from trade_ledger.store.packing import own_packing_list, packed_lines_of, take_out


async def unpack_lines(
    session: AsyncSession, list_id: UUID, packed_line_ids: Sequence[UUID], *, version: int, act: Act
) -> PackingListState:
    """The list without those lines; their quantity is free again."""
    row = await own_packing_list(session, list_id, version, act)
    if row.status != "open":
        raise Conflict("packing_list_not_open", f"the packing list is {row.status}")
    chosen = [each for each in await packed_lines_of(session, [list_id]) if each.id in set(packed_line_ids)]
    if len(chosen) != len(set(packed_line_ids)):
        raise NotFound("not all packed lines are in this list")
    moves = [Move(each.line_id, "packed", each.shut_out - each.quantity) for each in chosen]
    if unfit := await move(session, moves, reference=row.number, act=act):
        raise RuntimeError(f"an open list's lines are declared: {[str(each.line_id) for each in unfit]}")
    await take_out(session, [each.id for each in chosen])
    return await announce_packing_list(session, row, PackingListPacked, act=act)
