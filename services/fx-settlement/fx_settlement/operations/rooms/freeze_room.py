"""Freeze a room that carries less than is used of it, with a conflict case; thaw it once all fits (R-DECL-7)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.room import excess_of
from fx_settlement.store.conflicts import accepted_excess, end_case, open_conflict
from fx_settlement.store.rooms import portions_of, rooms_of
from fx_settlement.store.tables import ConflictRow, EntitlementRow
from shared.act import Act

_CODE = "matched_over_entitlement"


async def freeze_room(session: AsyncSession, entitlement: EntitlementRow, *, act: Act) -> None:
    """Frozen while anything exceeds the room, or while a case of trade-ledger holds it; an excess has one open case.

    An excess that a case was closed for opens no other one, unless it has grown.
    """
    rooms = await rooms_of(session, entitlement.declaration_id)
    held = {each.portion_id for each in await portions_of(session, entitlement.declaration_id) if each.frozen}
    over = excess_of(entitlement, rooms)
    entitlement.frozen = over > 0 or held >= {room.portion_id for room in rooms}
    for room in rooms:
        room.frozen = over > 0 or room.portion_id in held
    case = await open_conflict(session, entitlement.declaration_id, _CODE)
    if case is not None and over <= 0:
        end_case(case, reason="all fits again", evidence_hash="", act=act)
    if case is None and over > await accepted_excess(session, entitlement.declaration_id, _CODE):
        session.add(
            ConflictRow(
                id=uuid7(),
                pilot=entitlement.pilot,
                declaration_id=entitlement.declaration_id,
                code=_CODE,
                detail=f"{over.normalize():f} {entitlement.currency} more is used than the declaration carries",
                must_act="bank",
                opened_at=act.now,
            )
        )
    await session.flush()
