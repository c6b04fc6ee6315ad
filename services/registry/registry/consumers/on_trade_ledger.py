"""What registry does on trade-ledger's events."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.operations.commodities.track_recognition import track_recognition
from registry.store.entrusted_goods import keep_goods
from shared.events.base import Received
from shared.events.trade_ledger import TradeEvent


async def keep_entrusted_goods(session: AsyncSession, received: Received[TradeEvent]) -> None:
    """The goods of a trade stand in the file of each agent that it was made through (R-FILE-5)."""
    trade = received.event.trade
    agreements = [each for each in (trade.export_agency_id, trade.procurement_agency_id) if each is not None]
    goods = {(line.goods_name, line.hs_code) for line in trade.lines}
    await keep_goods(session, trade.pilot, agreements, goods, traded_on=trade.trade_date)


async def keep_recognition_tasks(session: AsyncSession, received: Received[TradeEvent]) -> None:
    """One open task for each line that needs a person."""
    await track_recognition(session, received.event.trade, at=received.occurred_at)
