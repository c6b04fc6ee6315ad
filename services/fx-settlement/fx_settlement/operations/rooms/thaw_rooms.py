"""After matches are undone: reopen rooms that can carry their use again and announce each room (R-DECL-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.rooms.freeze_room import freeze_room
from fx_settlement.publishers.money import announce_entitlement
from fx_settlement.store.tables import EntitlementRow
from shared.act import Act
from shared.events.fx_settlement import RoomFreed


async def thaw_rooms(
    session: AsyncSession, entitlements: Mapping[UUID, EntitlementRow], freed: Iterable[UUID], *, act: Act
) -> None:
    """Thaw those of the freed declarations' rooms that fit again; the caller holds their locks."""
    for declaration_id in sorted(set(freed)):
        entitlement = entitlements[declaration_id]
        await freeze_room(session, entitlement, act=act)
        await announce_entitlement(session, entitlement, RoomFreed, act=act, reason="unmatched")
