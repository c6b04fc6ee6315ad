"""Free what a hold reserves: it is committed or voided, once (V38)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.holds import lines_of
from fx_settlement.store.room_moves import Move, move_rooms
from fx_settlement.store.rooms import rooms_by_portion
from fx_settlement.store.tables import HoldRow
from shared.act import Act


async def end_hold(session: AsyncSession, hold: HoldRow, status: str, *, reason: str, act: Act) -> None:
    """Free the held room; the caller holds the locks of its declaration and of it, and announces the room."""
    lines = await lines_of(session, hold.id)
    rooms = await rooms_by_portion(session, {line.portion_id for line in lines}, hold.pilot)
    reference = f"hold:{hold.number}:{status}"
    await move_rooms(session, [Move(rooms[line.portion_id], reference, held=-line.value) for line in lines], act=act)
    hold.status, hold.reason, hold.ended_at = status, reason, act.now
    hold.version += 1
    await session.flush()
