"""Free what exceeds a reduced declaration: first holds, then matches whose money is still held."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.payables import owed_on
from fx_settlement.domain.room import Bound
from fx_settlement.domain.shares import Share, kept_of, kept_worth, share_of
from fx_settlement.operations.money.cut_match import cut_match
from fx_settlement.operations.rooms.end_hold import end_hold
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.holds import hold_for_update, open_holds_on
from fx_settlement.store.matches import matches_on_portions_for_update, write_cuts
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, PayableRow, PortionRoomRow
from shared.act import Act
from shared.events.fx_settlement import CollectionUnmatched


async def shrink_room(
    session: AsyncSession,
    entitlement: EntitlementRow,
    rooms: Mapping[UUID, PortionRoomRow],
    whole: Bound,
    bounds: Mapping[UUID, Bound],
    *,
    act: Act,
) -> None:
    """Whatever can't be freed stays, for the caller to freeze; newest holds and matches go first."""
    over = [portion_id for portion_id in rooms if bounds[portion_id].excess(rooms[portion_id]) > 0]
    await _void_holds(session, over, entitlement, whole, rooms, bounds, act)
    if whole.excess(entitlement) > 0:
        await _void_holds(session, list(rooms), entitlement, whole, rooms, bounds, act)
    await _cut_matches(session, entitlement, rooms, whole, bounds, act)


async def _void_holds(
    session: AsyncSession,
    portion_ids: list[UUID],
    entitlement: EntitlementRow,
    whole: Bound,
    rooms: Mapping[UUID, PortionRoomRow],
    bounds: Mapping[UUID, Bound],
    act: Act,
) -> None:
    for hold_id in await open_holds_on(session, portion_ids):
        fits = all(bounds[each].excess(rooms[each]) <= 0 for each in portion_ids)
        if fits and whole.excess(entitlement) <= 0:
            return
        hold = await hold_for_update(session, hold_id)
        if hold is not None and hold.status == "held":
            await end_hold(session, hold, "void", reason="the declaration shrank", act=act)


async def _cut_matches(
    session: AsyncSession,
    entitlement: EntitlementRow,
    rooms: Mapping[UUID, PortionRoomRow],
    whole: Bound,
    bounds: Mapping[UUID, Bound],
    act: Act,
) -> None:
    if not _over(entitlement, rooms, whole, bounds):
        return
    locked = await matches_on_portions_for_update(session, rooms, act.pilot)
    cut: set[UUID] = set()
    for match in locked.matches:
        room, collection = rooms[match.portion_id], locked.collections[match.collection_id]
        bound = bounds[match.portion_id]
        # The whole's excess comes off portions matched beyond their own value, whose tolerance was borrowed.
        borrowed = min(whole.excess(entitlement), room.matched + room.held - bound.collectable)
        excess = max(bound.excess(room), borrowed)
        if excess <= 0:
            continue
        payable = locked.payable_of(match)
        kept = _kept(match, excess, collection, payable)
        if (done := cut_match(session, match, collection, room, payable, kept, act=act)) is not None:
            # Written at once: what the next match must give up is read off the counters.
            await write_cuts(session, [done], act=act)
            cut.add(collection.id)
    for collection_id in sorted(cut):
        reason = "the declaration shrank"
        await announce_collection(
            session, locked.collections[collection_id], CollectionUnmatched, act=act, reason=reason
        )


def _kept(match: MatchRow, excess: Decimal, collection: CollectionRow, payable: PayableRow | None) -> Share:
    """Free the excess, or as much of it as the agent still holds."""
    share = share_of(match)
    kept = kept_worth(share, share.value - excess, collection.currency)
    freed = share.less(kept)
    if payable is None or freed.amount - freed.charges <= owed_on(payable):
        return kept
    return kept_of(share, share.amount - owed_on(payable), collection.currency, match.declared_currency)


def _over(
    entitlement: EntitlementRow,
    rooms: Mapping[UUID, PortionRoomRow],
    whole: Bound,
    bounds: Mapping[UUID, Bound],
) -> bool:
    return whole.excess(entitlement) > 0 or any(bounds[each].excess(rooms[each]) > 0 for each in rooms)
