"""How far traced goods are: their quantities, packing lists, declarations and portions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trade_ledger.store.asked import Traced
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow, PortionRow
from trade_ledger.store.tables.packing import LoadRow, PackedLineRow, PackingListRow
from trade_ledger.store.tables.trades import LineCounterRow, TradeLineRow, TradeRow


@dataclass(frozen=True, slots=True)
class GoodsReached:
    """The rows of what was traced; `lines` and `cases` by the trade and the declaration to which they belong."""

    trades: list[TradeRow]
    lines: dict[UUID, list[tuple[TradeLineRow, LineCounterRow]]]
    packing_lists: list[tuple[PackingListRow, LoadRow]]
    declarations: list[DeclarationRow]
    cases: dict[UUID, list[ConflictRow]]
    portions: list[PortionRow]


async def goods_reached(session: AsyncSession, traced: Traced) -> GoodsReached:
    """How far the traced goods are."""
    row = TradeRow
    trades = (await session.execute(select(row).where(row.id.in_(traced.trades)).order_by(row.id))).scalars()
    declaration, portion = DeclarationRow, PortionRow
    of_goods = select(portion).where(portion.trade_id.in_(traced.trades)).order_by(portion.id)
    declared = select(declaration).where(declaration.id.in_(traced.declarations)).order_by(declaration.id)
    return GoodsReached(
        list(trades),
        await _lines(session, traced.trades),
        await _packed(session, traced.trades),
        list((await session.execute(declared)).scalars()),
        await _open_cases(session, traced.declarations),
        list((await session.execute(of_goods)).scalars()),
    )


async def _lines(
    session: AsyncSession, trades: Iterable[UUID]
) -> dict[UUID, list[tuple[TradeLineRow, LineCounterRow]]]:
    line, counter = TradeLineRow, LineCounterRow
    query = select(line, counter).join(counter, counter.line_id == line.id).where(line.trade_id.in_(trades))
    found = defaultdict(list)
    for each, quantities in await session.execute(query.order_by(line.trade_id, line.line_no)):
        found[each.trade_id].append((each, quantities))
    return found


async def _packed(session: AsyncSession, trades: Iterable[UUID]) -> list[tuple[PackingListRow, LoadRow]]:
    packed = select(PackedLineRow.packing_list_id).where(PackedLineRow.trade_id.in_(trades))
    query = select(PackingListRow, LoadRow).join(LoadRow, LoadRow.id == PackingListRow.load_id)
    rows = await session.execute(query.where(PackingListRow.id.in_(packed)).order_by(PackingListRow.id))
    return [(packing_list, load) for packing_list, load in rows]


async def _open_cases(session: AsyncSession, declarations: Iterable[UUID]) -> dict[UUID, list[ConflictRow]]:
    row = ConflictRow
    query = select(row).where(row.declaration_id.in_(declarations), row.closed_at.is_(None)).order_by(row.id)
    found = defaultdict(list)
    for each in (await session.execute(query)).scalars():
        found[each.declaration_id].append(each)
    return found
