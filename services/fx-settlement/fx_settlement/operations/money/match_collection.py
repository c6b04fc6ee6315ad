"""Use a collection for released portions: exactly what fits wins, however many match at once (R-FX-1, V37)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.money.spread_amounts import ToSpread, spread_amounts
from fx_settlement.operations.money.use_collection import ToMatch, use_collection
from fx_settlement.operations.rooms.renew_tolerance import renew_tolerance
from fx_settlement.store.collections import collection_to_change
from fx_settlement.store.rooms import entitlements_for_update, portions_of_clients, portions_under
from fx_settlement.store.tables import CollectionRow
from shared.act import Act
from shared.vocabulary.legal_time import legal_date


async def match_collection(
    session: AsyncSession,
    collection_id: UUID,
    wanted: Sequence[ToMatch | ToSpread],
    *,
    version: int,
    bank_id: UUID,
    act: Act,
) -> CollectionRow:
    """The collection with its new matches, or every reason why not."""
    today = legal_date(act.now)
    numbers = sorted({each.number for each in wanted if isinstance(each, ToSpread)})
    under = {
        number: list(await portions_under(session, number, bank_id=bank_id, on=today, pilot=act.pilot))
        for number in numbers
    }
    ids = {each.portion_id for each in wanted if isinstance(each, ToMatch)}.union(*under.values())
    known = await portions_of_clients(
        session, ids, bank_id=bank_id, on=today, pilot=act.pilot, collection_id=collection_id
    )
    entitlements = await entitlements_for_update(session, {each.declaration_id for each in known.values()})
    collection = await collection_to_change(session, collection_id, bank_id=bank_id, version=version, act=act)
    await renew_tolerance(session, entitlements.values(), act=act)
    parts, breaches = await spread_amounts(session, collection, wanted, under, entitlements)
    await use_collection(session, collection, parts, entitlements, act=act, found=breaches)
    return collection
