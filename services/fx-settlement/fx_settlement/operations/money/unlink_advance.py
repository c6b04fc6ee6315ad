"""Free money that is kept for a trade, and the room that it has there (R-FX-8)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.shares import NOTHING, Share, kept_of
from fx_settlement.store.tables import AdvanceRow, CollectionRow, TradeRoomRow


async def unlink_advance(
    session: AsyncSession, advance: AdvanceRow, collection: CollectionRow, room: TradeRoomRow, amount: Decimal
) -> None:
    """Free up to `amount` of an advance; the caller holds the locks of collection and trade room."""
    whole = Share(advance.amount, Decimal(0), advance.value, Decimal(0))
    keep = max(advance.amount - amount, Decimal(0))
    kept = kept_of(whole, keep, collection.currency, advance.trade_currency) if keep else NOTHING
    freed = whole.less(kept)
    advance.amount, advance.value = kept.amount, kept.value
    collection.linked -= freed.amount
    room.linked -= freed.value
    await session.flush()
