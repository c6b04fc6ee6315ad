"""Set the room for trades' advances to their registered values and unlink the excess (R-FX-8)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.room import is_collected_for
from fx_settlement.operations.money.unlink_advance import unlink_advance
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.advances import (
    advances_of_trade,
    collections_kept_for,
    open_trade_rooms,
    trade_rooms_for_update,
)
from fx_settlement.store.collections import collection_for_update
from fx_settlement.store.tables import CollectionRow, TradeRoomRow
from shared.act import Act
from shared.events.fx_settlement import AdvanceUnlinked
from shared.events.trade_ledger import TradeState

_ZERO = Decimal(0)
Collections = dict[UUID, CollectionRow]


async def change_trade_rooms(session: AsyncSession, changed: Sequence[tuple[TradeState, Act]]) -> None:
    """Idempotent; newest advances are unlinked first, and all of them when a trade is void or its currency changed.

    Each trade comes with the act that changed it, no trade twice.
    """
    collections: Collections = {}
    for collection_id in await collections_kept_for(session, [trade.trade_id for trade, _ in changed]):
        locked = await collection_for_update(session, collection_id)
        if locked is not None:
            collections[collection_id] = locked
    opened = await open_trade_rooms(session, [(trade, _registered(trade)) for trade, _ in changed])
    standing = {trade.trade_id: (trade, act) for trade, act in changed if trade.trade_id not in opened}
    for trade_id, room in (await trade_rooms_for_update(session, standing)).items():
        await _change(session, room, *standing[trade_id], collections)
    await session.flush()


async def _change(
    session: AsyncSession, room: TradeRoomRow, trade: TradeState, act: Act, collections: Collections
) -> None:
    registered = _registered(trade)
    most = registered if room.currency == trade.currency else _ZERO
    advances = await advances_of_trade(session, trade.trade_id) if room.linked > most else []
    for advance in advances:
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


def _registered(trade: TradeState) -> Decimal:
    carries = trade.status == "registered" and is_collected_for(trade.kind, trade.settlement_method)
    return trade.total if carries else _ZERO
