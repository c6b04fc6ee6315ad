"""Free what a shrunken declaration no longer carries: first holds, then matches whose money is still held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.shares import Share, kept_of, kept_worth
from fx_settlement.operations.money.cut_match import cut_match, owed_on, share_of, write_cuts
from fx_settlement.operations.rooms.void_hold import end_hold
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.collections import (
    collection_for_update,
    live_matches_of_portions,
    payables_for_update,
)
from fx_settlement.store.rooms import hold_for_update, open_holds_on
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, PayableRow, PortionRoomRow
from shared.act import Act
from shared.events.fx_settlement import CollectionUnmatched

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a room will carry."""

    collectable: Decimal
    tolerance: Decimal

    def excess(self, room: EntitlementRow | PortionRoomRow) -> Decimal:
        """By how much the room's use is above it."""
        return room.held + room.matched - self.collectable - self.tolerance


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
    matches = await live_matches_of_portions(session, rooms)
    if not matches or not _over(entitlement, rooms, whole, bounds):
        return
    collections: dict[UUID, CollectionRow] = {}
    for collection_id in sorted({match.collection_id for match in matches}):
        locked = await collection_for_update(session, collection_id)
        if locked is not None:
            collections[collection_id] = locked
    keys = {(collections[each.collection_id].collector_id, each.owner_id, collections[each.collection_id].currency)
            for each in matches}  # fmt: skip
    payables = await payables_for_update(session, [key for key in keys if key[0] != key[1]], act.pilot)
    cut: set[UUID] = set()
    for match in await live_matches_of_portions(session, rooms):
        room, collection = rooms[match.portion_id], collections[match.collection_id]
        bound = bounds[match.portion_id]
        # The whole's excess comes off portions matched beyond their own value, whose tolerance was borrowed.
        borrowed = min(whole.excess(entitlement), room.matched + room.held - bound.collectable)
        excess = max(bound.excess(room), borrowed)
        if excess <= 0:
            continue
        payable = payables.get((collection.collector_id, match.owner_id, collection.currency))
        kept = _kept(match, excess, collection, payable)
        if (done := cut_match(session, match, collection, room, payable, kept, act=act)) is not None:
            # Written at once: what the next match must give up is read off the counters.
            await write_cuts(session, [done], act=act)
            cut.add(collection.id)
    for collection_id in sorted(cut):
        reason = "the declaration shrank"
        await announce_collection(session, collections[collection_id], CollectionUnmatched, act=act, reason=reason)


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
