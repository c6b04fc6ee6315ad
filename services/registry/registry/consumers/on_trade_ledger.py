"""What registry does on trade-ledger's events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from registry.operations.commodities.track_recognition import track_recognition
from registry.store.entrusted_goods import EntrustedGoods, keep_goods
from shared.events.base import Received
from shared.events.trade_ledger import TradeEvent


async def keep_entrusted_goods(session: AsyncSession, received: Sequence[Received[TradeEvent]]) -> None:
    """The goods of a trade stand in the file of each agent that it was made through (R-FILE-5)."""
    await keep_goods(
        session,
        [
            EntrustedGoods(agreement_id, line.goods_name, line.hs_code, trade.pilot, trade.trade_date)
            for trade in (each.event.trade for each in received)
            for agreement_id in (trade.export_agency_id, trade.procurement_agency_id)
            if agreement_id is not None
            for line in trade.lines
        ],
    )


async def keep_recognition_tasks(session: AsyncSession, received: Sequence[Received[TradeEvent]]) -> None:
    """One open task for each line that needs a person."""
    await track_recognition(session, [(each.event.trade, each.occurred_at) for each in received])
