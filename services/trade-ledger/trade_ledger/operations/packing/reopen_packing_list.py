"""Open a sealed packing list again, for a reason, while it isn't declared (R-PACK-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import PackingListReopened, PackingListState
from shared.vocabulary.errors import Refused
from trade_ledger.domain.packing import breaches_of_reopened_list
from trade_ledger.publishers.packing import announce_packing_list
from trade_ledger.store.packing import load_of, own_packing_list


async def reopen_packing_list(
    session: AsyncSession, list_id: UUID, *, reason: str, version: int, act: Act
) -> PackingListState:
    """The open list, to be packed anew and sealed again; its load must be open."""
    row = await own_packing_list(session, list_id, version, act)
    load = await load_of(session, row)
    if breaches := breaches_of_reopened_list(row.status, load.status, declared=row.declaration_id is not None):
        raise Refused(breaches)
    row.status = "open"
    return await announce_packing_list(session, row, PackingListReopened, act=act, reason=reason)
