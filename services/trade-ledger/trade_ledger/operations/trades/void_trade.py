"""Void a trade of which nothing is packed (R-TRADE-4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import TradeVoided
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Conflict, Refused
from shared.vocabulary.rules import Breach
from trade_ledger.domain.parties import breaches_of_stop_orders
from trade_ledger.publishers.trades import trade_event
from trade_ledger.store.facts import standings_of, subjects_by_id
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.trades import TradeRow
from trade_ledger.store.trades import counters_of, keep_version, own_trade


async def void_trade(session: AsyncSession, trade_id: UUID, *, version: int, reason: str, act: Act) -> TradeRow:
    """The void trade; refused while anything of it is packed. Nothing is deleted (R-TRADE-4)."""
    trade = await own_trade(session, trade_id, version, act)
    if trade.status != "registered":
        raise Conflict("trade_void", "the trade is void already")
    counters = await counters_of(session, [trade_id])
    subjects = await subjects_by_id(session, [trade.seller_id, trade.consignor_id])
    seller, consignor = subjects.get(trade.seller_id), subjects.get(trade.consignor_id)
    if stopped := breaches_of_stop_orders(standings_of(seller), standings_of(consignor)):
        raise Refused(stopped)
    moves = [Move(key, "void", row.registered - row.void) for key, row in counters.items() if row.registered > row.void]
    if await move(session, moves, reference=f"void:{trade.number}", act=act):
        raise Refused((Breach("trade_packed", "R-TRADE-4"),))
    trade.status, trade.version = "void", version + 1
    trade.state = trade.state.model_copy(update={"status": "void", "version": version + 1})
    await keep_version(session, trade.state, act, reason)
    said = trade_event(TradeVoided, trade.state, reason)
    await announce(session, said, key=trade_id, sequence=version + 1, act=act)
    return trade
