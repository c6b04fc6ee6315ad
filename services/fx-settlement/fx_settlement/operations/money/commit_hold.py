"""Commit a hold when its money is booked: use its room for the collection, once, never beyond the held amount (V38)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.holding import breaches_of_commit, breaches_of_frozen, breaches_of_held_portions
from fx_settlement.operations.money.spread_amounts import ToSpread, spread_amounts
from fx_settlement.operations.money.use_collection import ToMatch, use_collection
from fx_settlement.operations.rooms.end_hold import end_hold
from fx_settlement.operations.rooms.require_open import require_open
from fx_settlement.store.collections import collection_to_change
from fx_settlement.store.holds import hold_to_change
from fx_settlement.store.rooms import portions_under
from fx_settlement.store.tables import HoldRow
from shared.act import Act
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date


async def commit_hold(
    session: AsyncSession,
    hold_id: UUID,
    collection_id: UUID,
    wanted: Sequence[ToMatch | ToSpread],
    *,
    version: int,
    bank_id: UUID,
    act: Act,
) -> HoldRow:
    """The committed hold with its matches written; committing it again for the same collection changes nothing."""
    locked = await hold_to_change(session, hold_id, bank_id=bank_id, act=act)
    hold, entitlements = locked.hold, locked.entitlements
    if hold.status == "committed" and hold.collection_id == collection_id:
        return hold
    require_open(hold, version)
    held = {line.portion_id: line.value for line in locked.lines}
    named = [each.portion_id if isinstance(each, ToMatch) else None for each in wanted]
    if breaches := breaches_of_held_portions(named, {None, *held}):
        raise Refused(breaches)
    collection = await collection_to_change(session, collection_id, bank_id=bank_id, version=None, act=act)
    if breaches := breaches_of_frozen(any(entitlement.frozen for entitlement in entitlements.values())):
        raise Refused(breaches)
    hold.collection_id = collection_id
    await end_hold(session, hold, "committed", reason="", act=act)
    today = legal_date(act.now)
    under = {
        each.number: list(await portions_under(session, each.number, bank_id=bank_id, on=today, pilot=act.pilot))
        for each in wanted
        if isinstance(each, ToSpread)
    }
    parts, unspread = await spread_amounts(session, collection, wanted, under, entitlements, held=held)
    matches = await use_collection(session, collection, parts, entitlements, act=act, found=unspread)
    if breaches := breaches_of_commit([(match.portion_id, match.value) for match in matches], held):
        raise Refused(breaches)
    return hold
