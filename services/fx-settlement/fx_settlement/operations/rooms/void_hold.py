"""Void a hold and free its room; repeating it gives the same result (V38)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.rooms.end_hold import end_hold
from fx_settlement.operations.rooms.require_open import require_open
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.holds import hold_to_change
from fx_settlement.store.tables import HoldRow
from shared.act import Act
from shared.events.fx_settlement import RoomFreed


async def void_hold(
    session: AsyncSession, hold_id: UUID, *, reason: str, version: int, bank_id: UUID, act: Act
) -> HoldRow:
    """The voided hold; voiding it again changes nothing."""
    locked = await hold_to_change(session, hold_id, bank_id=bank_id, act=act)
    hold = locked.hold
    if hold.status == "void":
        return hold
    require_open(hold, version)
    await end_hold(session, hold, "void", reason=reason, act=act)
    for entitlement in locked.entitlements.values():
        await announce_entitlement(session, entitlement, RoomFreed, act=act, reason="hold voided")
    return hold
