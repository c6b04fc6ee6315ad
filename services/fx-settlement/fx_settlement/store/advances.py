"""Questions about advances, and the room that they have on trades (R-FX-8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.parties import collector_is_known_to
from fx_settlement.store.tables import AdvanceRow, CollectionRow, TradeCopy, TradeRoomRow
from shared.act import Act
from shared.events.trade_ledger import TradeState
from shared.row_sets import as_rows, insert_of_rows, table_of


async def trade_heard(session: AsyncSession, trade_id: UUID) -> TradeCopy | None:
    """A trade as its last received event has it."""
    return await session.get(TradeCopy, trade_id, populate_existing=True)


async def trade_paid_by(
    session: AsyncSession, collection: CollectionRow, *, trade_id: UUID | None, number: str, on: date
) -> TradeCopy | None:
    """The trade with an id or else a number, as its last received event has it, if the collection's bank knows who
    collects for it: see `collector_is_known_to`."""
    named = TradeCopy.number == number if trade_id is None else TradeCopy.trade_id == trade_id
    known = collector_is_known_to(TradeCopy.collector_id, collection.bank_id, on, collection.id)
    query = select(TradeCopy).where(named, TradeCopy.pilot == collection.pilot, known)
    newest = query.order_by(TradeCopy.trade_id.desc()).limit(1).execution_options(populate_existing=True)
    return (await session.execute(newest)).scalar_one_or_none()


async def open_trade_rooms(session: AsyncSession, trades: Iterable[tuple[TradeState, Decimal]]) -> set[UUID]:
    """Room for advances up to the registered values, for the trades that have none yet: which these are."""
    table = table_of(TradeRoomRow)
    rows = [
        {
            "trade_id": trade.trade_id,
            "pilot": trade.pilot,
            "currency": trade.currency,
            "registered": registered,
            "linked": Decimal(0),
        }
        for trade, registered in sorted(trades, key=lambda each: each[0].trade_id)
    ]
    making = insert_of_rows(table, ("trade_id", "pilot", "currency", "registered", "linked"))
    opened = making.on_conflict_do_nothing().returning(table.c.trade_id)
    return set((await session.execute(opened, as_rows(table, rows))).scalars())


async def trade_rooms_for_update(session: AsyncSession, trade_ids: Collection[UUID]) -> dict[UUID, TradeRoomRow]:
    """The rooms that advances have on some trades, locked until commit in the order of their ids."""
    if not trade_ids:
        return {}
    query = select(TradeRoomRow).where(TradeRoomRow.trade_id.in_(trade_ids)).order_by(TradeRoomRow.trade_id)
    rows = await session.execute(query.with_for_update().execution_options(populate_existing=True))
    return {row.trade_id: row for row in rows.scalars()}


async def trade_room_for_update(session: AsyncSession, trade_id: UUID) -> TradeRoomRow | None:
    """The room that advances have on a trade, locked until commit."""
    return (await trade_rooms_for_update(session, [trade_id])).get(trade_id)


async def take_of_trade_room(session: AsyncSession, trade_id: UUID, value: Decimal) -> bool:
    """Link a value to a trade where it has so much room left: the counter decides."""
    taking = (
        update(TradeRoomRow)
        .where(TradeRoomRow.trade_id == trade_id, TradeRoomRow.linked + value <= TradeRoomRow.registered)
        .values(linked=TradeRoomRow.linked + value)
        .returning(TradeRoomRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return (await session.execute(taking)).scalar_one_or_none() is not None


async def advances_of(session: AsyncSession, collection_id: UUID) -> list[AdvanceRow]:
    """The parts of a collection kept for trades, newest first."""
    query = select(AdvanceRow).where(AdvanceRow.collection_id == collection_id, AdvanceRow.amount > 0)
    rows = await session.execute(query.order_by(AdvanceRow.linked_at.desc()).execution_options(populate_existing=True))
    return list(rows.scalars())


async def advances_of_trade(session: AsyncSession, trade_id: UUID) -> list[AdvanceRow]:
    """The money kept for a trade, newest first."""
    query = select(AdvanceRow).where(AdvanceRow.trade_id == trade_id, AdvanceRow.amount > 0)
    rows = await session.execute(query.order_by(AdvanceRow.linked_at.desc()).execution_options(populate_existing=True))
    return list(rows.scalars())


async def collections_kept_for(session: AsyncSession, trade_ids: Collection[UUID]) -> list[UUID]:
    """The collections of which something is kept for any of these trades, in the order in which they are locked."""
    query = select(AdvanceRow.collection_id).where(AdvanceRow.trade_id.in_(trade_ids), AdvanceRow.amount > 0)
    return sorted(set(await session.scalars(query)))


async def advance_on(session: AsyncSession, collection_id: UUID, trade_id: UUID) -> AdvanceRow | None:
    """The part of a collection kept for one trade."""
    return await session.get(AdvanceRow, (collection_id, trade_id), populate_existing=True)


async def add_to_advance(
    session: AsyncSession,
    collection: CollectionRow,
    trade: TradeCopy,
    *,
    amount: Decimal,
    value: Decimal,
    rate: Decimal,
    rate_id: str,
    act: Act,
) -> None:
    """Keep so much more of a collection for a trade; the rate is the newest one's."""
    adding = insert(AdvanceRow).values(
        collection_id=collection.id,
        trade_id=trade.trade_id,
        pilot=collection.pilot,
        amount=amount,
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
