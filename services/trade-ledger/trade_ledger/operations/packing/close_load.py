"""Close a load that holds nothing any more, for a reason: its container is free again (R-PACK-3, V23)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadClosed
from shared.vocabulary.errors import Refused
from trade_ledger.domain.loads import breaches_of_closed_load
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.packing import lists_in_load, load_to_change
from trade_ledger.store.tables.packing import LoadRow


async def close_load(session: AsyncSession, load_id: UUID, *, reason: str, version: int, act: Act) -> LoadRow:
    """The closed load; every list in it is void, or of a declaration whose goods departed or were shut out."""
    # Same lock order as customs' receipts: the lists before their load.
    lists = await lists_in_load(session, load_id)
    row = await load_to_change(session, load_id, version, act)
    if breaches := breaches_of_closed_load(row.status, lists):
        raise Refused(breaches)
    row.status = "closed"
    await announce_load(session, row, LoadClosed, act=act, reason=reason)
    return row
