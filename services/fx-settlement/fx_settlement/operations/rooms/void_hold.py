"""Give back room that was held: once, and a repeat gives the same result (V38)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.rooms.move_room import Move, move_rooms
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.rooms import entitlements_for_update, lines_of, rooms_by_portion
from fx_settlement.store.tables import HoldRow
from shared.act import Act
from shared.events.fx_settlement import RoomFreed
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused, Stale
from shared.vocabulary.rules import Breach


async def end_hold(session: AsyncSession, hold: HoldRow, status: str, *, reason: str, act: Act) -> None:
    """Free what it holds; the caller holds the locks of its declaration and of it, and announces the room."""
    lines = await lines_of(session, hold.id)
    rooms = await rooms_by_portion(session, {line.portion_id for line in lines}, hold.pilot)
    reference = f"hold:{hold.number}:{status}"
    await move_rooms(session, [Move(rooms[line.portion_id], reference, held=-line.value) for line in lines], act=act)
    hold.status, hold.reason, hold.ended_at = status, reason, act.now
    hold.version += 1
    await session.flush()


async def locked_hold(session: AsyncSession, hold_id: UUID, *, bank_id: UUID, act: Act) -> HoldRow:
    """The hold with its declaration, locked, if the caller's bank placed it."""
    declarations = {line.declaration_id for line in await lines_of(session, hold_id)}
    await entitlements_for_update(session, declarations)

    def own(row: HoldRow) -> bool:
        return row.bank_id == bank_id

    return await row_to_change(session, HoldRow, hold_id, pilot=act.pilot, version=None, what="hold", own=own)


def require_open(hold: HoldRow, version: int) -> None:
    """Raise unless the hold is in force at the version the caller saw."""
    if hold.status != "held":
        raise Refused((Breach("hold_ended", "V38", "", {"status": hold.status}),))
    if hold.version != version:
        raise Stale(f"the hold has version {hold.version}")


async def void_hold(
    session: AsyncSession, hold_id: UUID, *, reason: str, version: int, bank_id: UUID, act: Act
) -> HoldRow:
    """The voided hold; voiding it again changes nothing."""
    hold = await locked_hold(session, hold_id, bank_id=bank_id, act=act)
    if hold.status == "void":
        return hold
    require_open(hold, version)
    await end_hold(session, hold, "void", reason=reason, act=act)
    declarations = {line.declaration_id for line in await lines_of(session, hold_id)}
    for entitlement in (await entitlements_for_update(session, declarations)).values():
        await announce_entitlement(session, entitlement, RoomFreed, act=act, reason="hold voided")
    return hold
