"""Close the loads that customs' decision left empty, so that their containers are free (R-PACK-3, V23, V31)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadClosed
from trade_ledger.domain.loads import lists_still_in
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.packing import lists_in_load, load_for_update
from trade_ledger.store.tables.declarations import DeclarationRow


async def close_emptied_loads(session: AsyncSession, row: DeclarationRow, *, act: Act) -> None:
    """Goods that departed take the whole load with them; goods shut out leave it to what else is in it."""
    await session.flush()
    for load_id in sorted(row.content.assessed.load_ids) if row.content.assessed else ():
        still = row.status == "shut_out" and lists_still_in(await lists_in_load(session, load_id))
        load = await load_for_update(session, load_id)
        if load is not None and load.status != "closed" and not still:
            load.status = "closed"
            await announce_load(session, load, LoadClosed, act=act, reason=row.status)
