"""Set the room for a trade's advances to its registered value and unlink the excess (R-FX-8)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.room import is_collected_for
from fx_settlement.operations.money.unlink_advance import unlink_advance
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.advances import advances_of_trade, open_trade_room, trade_heard, trade_room_for_update
from fx_settlement.store.collections import collection_for_update
from fx_settlement.store.tables import CollectionRow
from shared.act import Act
from shared.events.fx_settlement import AdvanceUnlinked

_ZERO = Decimal(0)


async def change_trade_room(session: AsyncSession, trade_id: UUID, *, act: Act) -> None:
    """Idempotent; newest advances are unlinked first, and all of them when trade is void or its currency changed."""
    trade = await trade_heard(session, trade_id)
    if trade is None:
        return
    carries = trade.status == "registered" and is_collected_for(trade.kind, trade.settlement_method)
    registered = trade.total if carries else _ZERO
    await open_trade_room(session, trade, registered)
    collections: dict[UUID, CollectionRow] = {}
    for collection_id in sorted({each.collection_id for each in await advances_of_trade(session, trade_id)}):
        locked = await collection_for_update(session, collection_id)
        if locked is not None:
            collections[collection_id] = locked
    room = await trade_room_for_update(session, trade_id)
    if room is None:
        return
    most = registered if room.currency == trade.currency else _ZERO
    for advance in await advances_of_trade(session, trade_id):
        if room.linked <= most:
            break
        collection = collections.get(advance.collection_id) or await collection_for_update(
            session, advance.collection_id
        )
        if collection is not None:
            await unlink_advance(session, advance, collection, room, advance.amount)
            reason = "the trade shrank or is void"
            await announce_collection(session, collection, AdvanceUnlinked, act=act, reason=reason)
    room.currency, room.registered = trade.currency, registered
    await session.flush()
