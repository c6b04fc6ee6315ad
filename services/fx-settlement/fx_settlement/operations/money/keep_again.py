"""Keep money for its trade again whose goods were shut out before they left (退关, R-FX-8)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.advances import KeptFor, kept_again
from fx_settlement.domain.room import is_collected_for
from fx_settlement.domain.shares import NOTHING, Share
from fx_settlement.store.advances import add_to_advance, take_of_trade_room, trade_heard, trade_room_for_update
from fx_settlement.store.tables import CollectionRow, MatchRow
from shared.act import Act


async def keep_again(
    session: AsyncSession, match: MatchRow, freed: Share, collection: CollectionRow, trade_id: UUID, *, act: Act
) -> bool:
    """Whether anything is kept; what the trade doesn't carry stays free. The caller holds the collection's lock."""
    trade, room = await trade_heard(session, trade_id), await trade_room_for_update(session, trade_id)
    if trade is None or room is None or collection.blocked_by:
        return False
    carries = trade.status == "registered" and is_collected_for(trade.kind, trade.settlement_method)
    facts = KeptFor(carries and room.currency == trade.currency, trade.currency, room.registered - room.linked)
    kept = kept_again(freed, facts, currency=collection.currency, declared_currency=match.declared_currency)
    if kept == NOTHING or not await take_of_trade_room(session, trade_id, kept.value):
        return False
    own = trade.currency == collection.currency
    rate, rate_id = (Decimal(1), "none") if own else (match.rate, match.rate_id)
    collection.linked += kept.amount
    await add_to_advance(
        session, collection, trade, amount=kept.amount, value=kept.value, rate=rate, rate_id=rate_id, act=act
    )
    return True
