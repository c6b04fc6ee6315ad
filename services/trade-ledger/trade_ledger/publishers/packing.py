"""Loads, packing lists and handovers become their events."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import LoadEvent, LoadState, PackedLine, PackingListEvent, PackingListState
from shared.messaging.outbox import announce
from shared.rows import model_from
from trade_ledger.store.packing import packed_lines_of, packing_lists_of_load
from trade_ledger.store.tables.packing import LoadRow, PackedLineRow, PackingListRow
from trade_ledger.store.trades import lines_by_id


async def load_state(session: AsyncSession, row: LoadRow) -> LoadState:
    """The public state of a load."""
    lists = await packing_lists_of_load(session, row.id)
    return model_from(
        LoadState, row, load_id=row.id, packing_list_ids=[each.id for each in lists if each.status != "void"]
    )


async def announce_load(
    session: AsyncSession, row: LoadRow, event: type[LoadEvent], *, act: Act, reason: str = ""
) -> None:
    """Raise the version and announce it; the caller holds the load's lock."""
    row.version += 1
    await session.flush()
    said = event(load=await load_state(session, row), reason=reason)
    await announce(session, said, key=row.id, sequence=row.version, act=act)


async def packing_list_state(session: AsyncSession, row: PackingListRow) -> PackingListState:
    """The public state of a packing list with its totals."""
    packed = await packed_lines_of(session, [row.id])
    lines = await lines_by_id(session, {each.line_id for each in packed})
    return model_from(
        PackingListState,
        row,
        packing_list_id=row.id,
        packages=sum(each.packages for each in packed),
        gross_weight_kg=sum((each.gross_weight_kg for each in packed), Decimal(0)),
        net_weight_kg=sum((each.net_weight_kg for each in packed), Decimal(0)),
        volume_m3=sum((each.volume_m3 for each in packed), Decimal(0)),
        lines=tuple(_packed(each, lines[each.line_id].content.unit) for each in packed),
    )


def _packed(row: PackedLineRow, unit: str) -> PackedLine:
    return model_from(PackedLine, row, packed_line_id=row.id, trade_line_id=row.line_id, unit=unit)


async def announce_packing_list(
    session: AsyncSession, row: PackingListRow, event: type[PackingListEvent], *, act: Act, reason: str = ""
) -> PackingListState:
    """Raise the version and announce it; the caller holds the list's lock."""
    row.version += 1
    await session.flush()
    state = await packing_list_state(session, row)
    await announce(session, event(packing_list=state, reason=reason), key=row.id, sequence=row.version, act=act)
    return state
