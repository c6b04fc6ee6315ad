"""Keep a part of a collection for a registered trade, up to the trade's value (预收, R-FX-8)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.advances import AdvanceFacts, breaches_of_advance
from fx_settlement.domain.amounts import exact
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.advances import (
    add_to_advance,
    take_of_trade_room,
    trade_paid_by,
    trade_room_for_update,
)
from fx_settlement.store.collections import collection_to_change
from fx_settlement.store.journal import Quoted, rate_id_of
from fx_settlement.store.tables import CollectionRow, TradeCopy
from shared.act import Act
from shared.events.fx_settlement import AdvanceLinked
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ToLink:
    """A part of the collection for a trade, named by id or number; `rate` turns it into the trade's currency."""

    trade_id: UUID | None
    trade_number: str | None
    amount: Decimal
    rate: Decimal | None = None
    rate_source: str = ""


async def link_advance(
    session: AsyncSession, collection_id: UUID, wanted: ToLink, *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with the advance, or every reason why not."""
    row = await collection_to_change(session, collection_id, bank_id=bank_id, version=version, act=act)
    trade = await trade_paid_by(
        session, row, trade_id=wanted.trade_id, number=wanted.trade_number or "", on=legal_date(act.now)
    )
    rate = _rate(row, trade, wanted)
    value = Decimal(0) if trade is None or rate is None else rounded(wanted.amount * rate, trade.currency)
    breaches = breaches_of_advance(_facts(row, trade, wanted, rate, value))
    if trade is None or rate is None or breaches:
        raise Refused(breaches)
    if not await take_of_trade_room(session, trade.trade_id, value):
        room = await trade_room_for_update(session, trade.trade_id)
        left = Decimal(0) if room is None else room.registered - room.linked
        params = {"value": value, "left": left}
        raise Refused((Breach("advance_over_trade", "R-FX-8", "/amount", params),))
    row.linked += wanted.amount
    rate_id = await _rate_id(session, row, trade, wanted, rate)
    await add_to_advance(session, row, trade, amount=wanted.amount, value=value, rate=rate, rate_id=rate_id, act=act)
    await announce_collection(session, row, AdvanceLinked, act=act)
    return row


def _rate(row: CollectionRow, trade: TradeCopy | None, wanted: ToLink) -> Decimal | None:
    """What one unit of the collection is in the trade's currency; None where it isn't named."""
    if trade is None or trade.currency == row.currency:
        return Decimal(1)
    return wanted.rate if wanted.rate_source else None


def _facts(
    row: CollectionRow, trade: TradeCopy | None, wanted: ToLink, rate: Decimal | None, value: Decimal
) -> AdvanceFacts:
    return AdvanceFacts(
        registered=trade is not None and trade.status == "registered",
        agreed_collector="" if trade is None else str(trade.collector_id),
        collector=str(row.collector_id),
        settlement_method="" if trade is None else trade.settlement_method,
        currency="" if trade is None else trade.currency,
        rate_named=rate is not None,
        amount=exact(wanted.amount, row.currency),
        value=value,
        free=row.amount - row.matched - row.refunded - row.linked,
        blocked_by=row.blocked_by,
        at_trade="/trade_number" if wanted.trade_id is None else "/trade_id",
    )


async def _rate_id(session: AsyncSession, row: CollectionRow, trade: TradeCopy, wanted: ToLink, rate: Decimal) -> str:
    if trade.currency == row.currency:
        return "none"
    source = f"bank:{row.bank_id}:{wanted.rate_source}"
    quoted = Quoted(source, row.currency, trade.currency, row.received_on, rate)
    return str(await rate_id_of(session, quoted, row.pilot))
