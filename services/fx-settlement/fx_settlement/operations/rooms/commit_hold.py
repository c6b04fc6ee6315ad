"""The money of a hold is booked: its room is used for the collection, once, and never beyond what was held (V38)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.money.book_collection import booked_collection
from fx_settlement.operations.money.use_collection import ToMatch, use_collection
from fx_settlement.operations.rooms.void_hold import end_hold, locked_hold, require_open
from fx_settlement.store.rooms import entitlements_for_update, lines_of
from fx_settlement.store.tables import HoldRow, MatchRow
from shared.act import Act
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach


async def commit_hold(
    session: AsyncSession,
    hold_id: UUID,
    collection_id: UUID,
    wanted: Sequence[ToMatch],
    *,
    version: int,
    bank_id: UUID,
    act: Act,
) -> HoldRow:
    """The committed hold with its matches written; committing it again for the same collection changes nothing."""
    hold = await locked_hold(session, hold_id, bank_id=bank_id, act=act)
    if hold.status == "committed" and hold.collection_id == collection_id:
        return hold
    require_open(hold, version)
    lines = {line.portion_id: line for line in await lines_of(session, hold_id)}
    if stray := [index for index, each in enumerate(wanted) if each.portion_id not in lines]:
        raise Refused(tuple(Breach("portion_not_held", "V38", f"/matches/{index}/portion_id") for index in stray))
    entitlements = await entitlements_for_update(session, {line.declaration_id for line in lines.values()})
    collection = await booked_collection(session, collection_id, bank_id=bank_id, version=None, act=act)
    if any(entitlement.frozen for entitlement in entitlements.values()):
        raise Refused((Breach("entitlement_frozen", "R-DECL-7", "/matches"),))
    hold.collection_id = collection_id
    await end_hold(session, hold, "committed", reason="", act=act)
    matches = await use_collection(session, collection, wanted, entitlements, act=act)
    if breaches := _over_hold(matches, wanted, {key: line.value for key, line in lines.items()}):
        raise Refused(breaches)
    return hold


def _over_hold(matches: Sequence[MatchRow], wanted: Sequence[ToMatch], held: dict[UUID, Decimal]) -> tuple[Breach, ...]:
    """Each portion's matches together may use what was held of it."""
    used: dict[UUID, Decimal] = {}
    breaches = []
    for index, (match, each) in enumerate(zip(matches, wanted, strict=True)):
        used[each.portion_id] = used.get(each.portion_id, Decimal(0)) + match.value
        if used[each.portion_id] > held[each.portion_id]:
            params = {"held": f"{held[each.portion_id]:f}", "value": f"{match.value:f}"}
            breaches.append(Breach("commit_over_hold", "V38", f"/matches/{index}/amount", params))
    return tuple(breaches)
