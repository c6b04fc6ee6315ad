"""Freeze a room that carries less than is used of it, with a conflict case; thaw it once all fits (R-DECL-7)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.domain.room import Bound
from fx_settlement.store.rooms import open_conflict, rooms_of
from fx_settlement.store.tables import ConflictRow, EntitlementRow
from shared.act import Act

_CODE = "matched_over_entitlement"


async def freeze_room(session: AsyncSession, entitlement: EntitlementRow, *, act: Act) -> None:
    """Frozen with exactly one open case if anything exceeds the room, else open without a case."""
    rooms = await rooms_of(session, entitlement.declaration_id)
    whole = Bound(entitlement.collectable, entitlement.tolerance).excess(entitlement)
    over = max([whole, *(Bound(room.collectable, room.tolerance).excess(room) for room in rooms)])
    case = await open_conflict(session, entitlement.declaration_id, _CODE)
    entitlement.frozen = over > 0
    for room in rooms:
        room.frozen = over > 0
    if over > 0 and case is None:
        session.add(
            ConflictRow(
                id=uuid7(),
                pilot=entitlement.pilot,
                declaration_id=entitlement.declaration_id,
                code=_CODE,
                detail=f"{over.normalize():f} {entitlement.currency} more is used than the declaration carries",
                must_act="bank",
                opened_at=act.now,
                closed_at=None,
            )
        )
    if over <= 0 and case is not None:
        case.closed_at = act.now
    await session.flush()
