"""Keep a part of a collection for a registered trade, up to the trade's value (预收, R-FX-8)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.advances import AdvanceFacts, breaches_of_advance
from fx_settlement.domain.amounts import exact
from fx_settlement.domain.shares import NOTHING, Share, kept_of
from fx_settlement.operations.money.book_collection import booked_collection
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.journal import Quoted, rate_id_of
from fx_settlement.store.rooms import trade_room_for_update
from fx_settlement.store.tables import AdvanceRow, CollectionRow, TradeCopy, TradeRoomRow
from shared.act import Act
from shared.events.fx_settlement import AdvanceLinked
from shared.vocabulary.errors import Refused
from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ToLink:
    """A part of the collection for a trade; `rate` turns it into the trade's currency, with its source."""

    trade_id: UUID
    amount: Decimal
    rate: Decimal | None = None
    rate_source: str = ""


async def link_advance(
    session: AsyncSession, collection_id: UUID, wanted: ToLink, *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with the advance, or every reason why not."""
    row = await booked_collection(session, collection_id, bank_id=bank_id, version=version, act=act)
    trade = await session.get(TradeCopy, wanted.trade_id)
    rate = _rate(row, trade, wanted)
    value = Decimal(0) if trade is None or rate is None else rounded(wanted.amount * rate, trade.currency)
    breaches = breaches_of_advance(_facts(row, trade, wanted, rate, value))
    if trade is None or rate is None or breaches:
        raise Refused(breaches)
    if not await _take(session, wanted.trade_id, value):
        room = await trade_room_for_update(session, wanted.trade_id)
        left = Decimal(0) if room is None else room.registered - room.linked
        params = {"value": f"{value:f}", "left": f"{left:f}"}
        raise Refused((Breach("advance_over_trade", "R-FX-8", "/amount", params),))
    row.linked += wanted.amount
    await _write(session, row, trade, wanted, value, rate, act)
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
    known = trade is not None and trade.pilot == row.pilot
    return AdvanceFacts(
        registered=known and trade is not None and trade.status == "registered",
        agreed_collector="" if trade is None else str(trade.collector_id),
        collector=str(row.collector_id),
        settlement_method="" if trade is None else trade.settlement_method,
        currency="" if trade is None else trade.currency,
        rate_named=rate is not None,
        amount=exact(wanted.amount, row.currency),
        value=value,
        free=row.amount - row.matched - row.refunded - row.linked,
    )


async def _take(session: AsyncSession, trade_id: UUID, value: Decimal) -> bool:
    taking = (
        update(TradeRoomRow)
        .where(TradeRoomRow.trade_id == trade_id, TradeRoomRow.linked + value <= TradeRoomRow.registered)
        .values(linked=TradeRoomRow.linked + value)
        .returning(TradeRoomRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return (await session.execute(taking)).scalar_one_or_none() is not None


async def _write(
    session: AsyncSession, row: CollectionRow, trade: TradeCopy, wanted: ToLink, value: Decimal, rate: Decimal, act: Act
) -> None:
    rate_id = "none"
    if trade.currency != row.currency:
        source = f"bank:{row.bank_id}:{wanted.rate_source}"
        quoted = Quoted(source, row.currency, trade.currency, row.received_on, rate)
        rate_id = str(await rate_id_of(session, quoted, row.pilot))
    adding = insert(AdvanceRow).values(
        collection_id=row.id,
        trade_id=trade.trade_id,
        pilot=row.pilot,
        amount=wanted.amount,
        value=value,
        trade_currency=trade.currency,
        rate=rate,
        rate_id=rate_id,
        linked_at=act.now,
    )
    more = {
        "amount": AdvanceRow.amount + adding.excluded.amount,
        "value": AdvanceRow.value + adding.excluded.value,
        **{name: adding.excluded[name] for name in ("trade_currency", "rate", "rate_id", "linked_at")},
    }
    await session.execute(adding.on_conflict_do_update(index_elements=["collection_id", "trade_id"], set_=more))


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


async def take_advance(session: AsyncSession, collection: CollectionRow, trade_id: UUID, amount: Decimal) -> None:
    """Draw a match of the trade's goods on what is kept for the trade, as far as that goes."""
    advance = await session.get(AdvanceRow, (collection.id, trade_id), populate_existing=True)
    if advance is None or not advance.amount:
        return
    room = await trade_room_for_update(session, trade_id)
    if room is not None:
        await unlink_advance(session, advance, collection, room, amount)
