"""When goods are released, draw their matches on the advance kept for their trade (R-FX-8)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.money.unlink_advance import unlink_advance
from fx_settlement.store.advances import advance_on, trade_room_for_update
from fx_settlement.store.tables import CollectionRow


async def draw_on_advance(session: AsyncSession, collection: CollectionRow, trade_id: UUID, amount: Decimal) -> None:
    """Draw a match of the trade's goods on what is kept for the trade, as far as that goes."""
    advance = await advance_on(session, collection.id, trade_id)
    if advance is None or not advance.amount:
        return
    room = await trade_room_for_update(session, trade_id)
    if room is not None:
        await unlink_advance(session, advance, collection, room, amount)
