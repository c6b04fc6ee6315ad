"""The only way a room's held and matched parts change: counters under their condition, each in one statement."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import EntitlementRow, PortionRoomRow, RoomMoveRow
from shared.act import Act

_ZERO = Decimal(0)


async def move_room(
    session: AsyncSession,
    room: PortionRoomRow,
    *,
    held: Decimal = _ZERO,
    matched: Decimal = _ZERO,
    matched_usd: Decimal = _ZERO,
    reference: str,
    act: Act,
) -> bool:
    """Whether portion and declaration had room; on False the caller gives up its transaction (V37, V38).

    Both rows are read anew: what the caller changed of them by itself must be flushed.
    """
    for table, row_is, usd in (
        (EntitlementRow, EntitlementRow.declaration_id == room.declaration_id, {}),
        (
            PortionRoomRow,
            PortionRoomRow.portion_id == room.portion_id,
            {"matched_usd": PortionRoomRow.matched_usd + matched_usd},
        ),
    ):
        moving = update(table).where(row_is)
        if held > 0 or matched > 0:
            used = table.held + table.matched + held + matched
            moving = moving.where(table.frozen.is_(False), used <= table.collectable + table.tolerance)
        moving = moving.values(held=table.held + held, matched=table.matched + matched, **usd)
        moved = moving.returning(table).execution_options(synchronize_session=False, populate_existing=True)
        if (await session.execute(moved)).scalar_one_or_none() is None:
            return False
    await note_move(session, room, held=held, matched=matched, reference=reference, act=act)
    return True


async def note_move(
    session: AsyncSession,
    room: PortionRoomRow,
    *,
    collectable: Decimal = _ZERO,
    held: Decimal = _ZERO,
    matched: Decimal = _ZERO,
    reference: str,
    act: Act,
) -> None:
    """Write down how a counter changed."""
    row = {
        "portion_id": room.portion_id,
        "declaration_id": room.declaration_id,
        "pilot": room.pilot,
        "collectable": collectable,
        "held": held,
        "matched": matched,
        "reference": reference,
        "at": act.now,
        "actor": act.actor,
    }
    await session.execute(insert(RoomMoveRow).values(row))
