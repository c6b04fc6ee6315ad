"""Free what exceeds a reduced declaration: first holds, then matches whose money is still held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.room import Bound
from fx_settlement.domain.shares import Share, kept_of, kept_worth, share_of
from fx_settlement.operations.money.cut_match import cut_match
from fx_settlement.operations.money.keep_again import keep_again
from fx_settlement.operations.rooms.end_hold import end_hold
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.holds import hold_as_it_is, open_holds_on
from fx_settlement.store.matches import OwedHere, matches_on_portions_for_update, write_cuts
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, PortionRoomRow
from shared.act import Act
from shared.events.fx_settlement import AdvanceLinked, CollectionUnmatched


@dataclass(frozen=True, slots=True)
class _Shrunk:
    """A declaration's room and its portions', what they will carry, and the trades of what was shut out."""

    entitlement: EntitlementRow
    rooms: Mapping[UUID, PortionRoomRow]
    whole: Bound
    bounds: Mapping[UUID, Bound]
    shut_out: Mapping[UUID, UUID]

    def excess(self, portion_id: UUID) -> Decimal:
        return self.bounds[portion_id].excess(self.rooms[portion_id])

    def fits(self, portion_ids: Iterable[UUID]) -> bool:
        return self.whole.excess(self.entitlement) <= 0 and all(self.excess(each) <= 0 for each in portion_ids)


async def shrink_room(
    session: AsyncSession,
    entitlement: EntitlementRow,
    rooms: Mapping[UUID, PortionRoomRow],
    whole: Bound,
    bounds: Mapping[UUID, Bound],
    *,
    shut_out: Mapping[UUID, UUID],
    act: Act,
) -> None:
    """Whatever can't be freed stays, for the caller to freeze; newest holds and matches go first.

    The money of portions that were `shut_out`, each with its trade, is kept for the trade again.
    """
    shrunk = _Shrunk(entitlement, rooms, whole, bounds, shut_out)
    await _void_holds(session, shrunk, [each for each in rooms if shrunk.excess(each) > 0], act)
    if whole.excess(entitlement) > 0:
        await _void_holds(session, shrunk, list(rooms), act)
    if not shrunk.fits(rooms):
        await _cut_matches(session, shrunk, act)


async def _void_holds(session: AsyncSession, shrunk: _Shrunk, portion_ids: list[UUID], act: Act) -> None:
    for hold_id in await open_holds_on(session, portion_ids):
        if shrunk.fits(portion_ids):
            return
        hold = await hold_as_it_is(session, hold_id)
        if hold is not None and hold.status == "held":
            await end_hold(session, hold, "void", reason="the declaration shrank", act=act)


async def _cut_matches(session: AsyncSession, shrunk: _Shrunk, act: Act) -> None:
    locked = await matches_on_portions_for_update(session, shrunk.rooms, act.pilot)
    cut: set[UUID] = set()
    freed: list[tuple[UUID, MatchRow, Share]] = []
    for match in locked.matches:
        room, collection = shrunk.rooms[match.portion_id], locked.collections[match.collection_id]
        # The whole's excess comes off portions matched beyond their own value, whose tolerance was borrowed.
        borrowed = min(
            shrunk.whole.excess(shrunk.entitlement),
            room.matched + room.held - shrunk.bounds[match.portion_id].collectable,
        )
        excess = max(shrunk.excess(match.portion_id), borrowed)
        if excess <= 0:
            continue
        owed = locked.owed_for(match)
        kept = _kept(match, excess, collection, owed)
        if (done := cut_match(session, match, collection, room, owed, kept, act=act)) is not None:
            # Written at once: what the next match must give up is read off the counters.
            await write_cuts(session, [done], act=act)
            cut.add(collection.id)
            if match.portion_id in shrunk.shut_out:
                freed.append((shrunk.shut_out[match.portion_id], match, share_of(match).less(kept)))
    again = await _kept_again(session, freed, locked.collections, act)
    for collection_id in sorted(cut):
        reason = "the declaration shrank"
        collection = locked.collections[collection_id]
        await announce_collection(session, collection, CollectionUnmatched, act=act, reason=reason)
        if collection_id in again:
            await announce_collection(session, collection, AdvanceLinked, act=act, reason="the goods were shut out")


async def _kept_again(
    session: AsyncSession,
    freed: list[tuple[UUID, MatchRow, Share]],
    collections: Mapping[UUID, CollectionRow],
    act: Act,
) -> set[UUID]:
    """The collections of which something is an advance again."""
    again = set()
    # In one order of trades: two declarations of the same ones would else wait for each other.
    for trade_id, match, share in sorted(freed, key=lambda each: (each[0], each[1].id)):
        collection = collections[match.collection_id]
        if await keep_again(session, match, share, collection, trade_id, act=act):
            again.add(collection.id)
    return again


def _kept(match: MatchRow, excess: Decimal, collection: CollectionRow, owed: OwedHere | None) -> Share:
    """Free the excess, or as much of it as the agent still holds at the bank."""
    share = share_of(match)
    kept = kept_worth(share, share.value - excess, collection.currency)
    freed = share.less(kept)
    if owed is None or freed.amount - freed.charges <= owed.left:
        return kept
    return kept_of(share, share.amount - owed.left, collection.currency, match.declared_currency)
