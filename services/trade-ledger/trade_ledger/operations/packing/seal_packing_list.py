"""Seal a packing list: what it holds is fixed (R-PACK-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import PackingListSealed, PackingListState
from shared.vocabulary.errors import Conflict, Refused
from trade_ledger.domain.packing import breaches_of_sealing
from trade_ledger.publishers.packing import announce_packing_list
from trade_ledger.store.packing import own_packing_list, packed_lines_of


async def seal_packing_list(session: AsyncSession, list_id: UUID, *, version: int, act: Act) -> PackingListState:
    """The sealed list; an empty one can't be sealed."""
    row = await own_packing_list(session, list_id, version, act)
    if row.status != "open":
        raise Conflict("packing_list_not_open", f"the packing list is {row.status}")
    if breaches := breaches_of_sealing(len(await packed_lines_of(session, [list_id]))):
        raise Refused(breaches)
    row.status = "sealed"
    return await announce_packing_list(session, row, PackingListSealed, act=act)
