"""Use a collection for released portions: exactly what fits wins, however many match at once (R-FX-1, V37)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.money.use_collection import ToMatch, use_collection
from fx_settlement.operations.rooms.renew_tolerance import renew_tolerance
from fx_settlement.store.collections import collection_to_change
from fx_settlement.store.rooms import entitlements_for_update, rooms_by_portion
from fx_settlement.store.tables import CollectionRow
from shared.act import Act


async def match_collection(
    session: AsyncSession, collection_id: UUID, wanted: Sequence[ToMatch], *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with its new matches, or every reason why not."""
    rooms = await rooms_by_portion(session, {each.portion_id for each in wanted}, act.pilot)
    entitlements = await entitlements_for_update(session, {room.declaration_id for room in rooms.values()})
    collection = await collection_to_change(session, collection_id, bank_id=bank_id, version=version, act=act)
    await renew_tolerance(session, entitlements.values(), act=act)
    await use_collection(session, collection, wanted, entitlements, act=act)
    return collection
