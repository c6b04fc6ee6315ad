"""What registry does on trade-ledger's events."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.operations.commodities.track_recognition import track_recognition
from shared.events.base import Received
from shared.events.trade_ledger import TradeEvent


async def keep_recognition_tasks(session: AsyncSession, received: Received[TradeEvent]) -> None:
    """One open task for each line that needs a person."""
    await track_recognition(session, received.event.trade, at=received.occurred_at)
