"""Void a hold and free its room; repeating it gives the same result (V38)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.holding import breaches_of_ending
from fx_settlement.operations.rooms.end_hold import end_hold
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.holds import hold_to_change, lines_of
from fx_settlement.store.rooms import entitlements_for_update
from fx_settlement.store.tables import HoldRow
from shared.act import Act
from shared.events.fx_settlement import RoomFreed
from shared.vocabulary.errors import Refused, Stale


async def void_hold(
    session: AsyncSession, hold_id: UUID, *, reason: str, version: int, bank_id: UUID, act: Act
) -> HoldRow:
    """The voided hold; voiding it again changes nothing."""
    hold = await hold_to_change(session, hold_id, bank_id=bank_id, act=act)
    if hold.status == "void":
        return hold
    if breaches := breaches_of_ending(hold.status):
        raise Refused(breaches)
    if hold.version != version:
        raise Stale(f"the hold has version {hold.version}")
    await end_hold(session, hold, "void", reason=reason, act=act)
    declarations = {line.declaration_id for line in await lines_of(session, hold_id)}
    for entitlement in (await entitlements_for_update(session, declarations)).values():
        await announce_entitlement(session, entitlement, RoomFreed, act=act, reason="hold voided")
    return hold
