"""A bank undoes matches whose money is still held (V41)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.shares import NOTHING
from fx_settlement.operations.money.book_collection import booked_collection
from fx_settlement.operations.money.cut_match import cut_match, write_cuts
from fx_settlement.operations.rooms.freeze_room import freeze_room
from fx_settlement.publishers.money import announce_collection, announce_entitlement
from fx_settlement.store.collections import live_matches_of, payables_for_update
from fx_settlement.store.rooms import entitlements_for_update, rooms_by_portion
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, PayableRow, PortionRoomRow
from shared.act import Act
from shared.events.fx_settlement import CollectionUnmatched, RoomFreed
from shared.vocabulary.errors import NotFound, Refused, Stale
from shared.vocabulary.rules import Breach


async def unmatch_collection(
    session: AsyncSession, collection_id: UUID, match_ids: Sequence[UUID], *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with those matches undone, or why not."""
    held = await lock_matched(session, collection_id, version=version, bank_id=bank_id, act=act)
    live = {match.id: match for match in held.matches}
    if set(match_ids) - set(live):
        raise NotFound("not all matches are in force")
    cuts, breaches = [], []
    for index, match_id in enumerate(dict.fromkeys(match_ids)):
        match = live[match_id]
        room = held.rooms[match.portion_id]
        cut = cut_match(session, match, held.collection, room, held.payable_of(match), NOTHING, act=act)
        if cut is not None:
            cuts.append(cut)
        else:
            breaches.append(Breach("passed_on_already", "V42", f"/match_ids/{index}"))
    if breaches:
        raise Refused(tuple(breaches))
    await write_cuts(session, cuts, act=act)
    await announce_collection(session, held.collection, CollectionUnmatched, act=act)
    await tell_freed(session, held, {live[match_id].declaration_id for match_id in match_ids}, act=act)
    return held.collection


class LockedCollection:
    """A collection locked together with everything that its matches touch."""

    def __init__(
        self,
        collection: CollectionRow,
        matches: list[MatchRow],
        entitlements: dict[UUID, EntitlementRow],
        rooms: dict[UUID, PortionRoomRow],
        payables: dict[tuple[UUID, UUID, str], PayableRow],
    ) -> None:
        self.collection = collection
        self.matches = matches
        self.entitlements = entitlements
        self.rooms = rooms
        self._payables = payables

    def payable_of(self, match: MatchRow) -> PayableRow | None:
        """What the agent owes the match's owner; None where the owner collects itself."""
        return self._payables.get((self.collection.collector_id, match.owner_id, self.collection.currency))


async def lock_matched(
    session: AsyncSession, collection_id: UUID, *, version: int, bank_id: UUID, act: Act
) -> LockedCollection:
    """Declarations first, then the collection: it is stale if it gained a match in between."""
    seen = {match.declaration_id for match in await live_matches_of(session, collection_id)}
    entitlements = await entitlements_for_update(session, seen)
    collection = await booked_collection(session, collection_id, bank_id=bank_id, version=version, act=act)
    matches = await live_matches_of(session, collection_id)
    if {match.declaration_id for match in matches} - seen:
        raise Stale("the collection was matched meanwhile")
    rooms = await rooms_by_portion(session, {match.portion_id for match in matches}, act.pilot)
    agent, currency = collection.collector_id, collection.currency
    keys = {(agent, match.owner_id, currency) for match in matches if match.owner_id != agent}
    payables = await payables_for_update(session, keys, act.pilot)
    return LockedCollection(collection, matches, entitlements, rooms, payables)


async def tell_freed(session: AsyncSession, held: LockedCollection, declarations: set[UUID], *, act: Act) -> None:
    """Thaw what fits again, and tell each room."""
    for declaration_id in sorted(declarations):
        await freeze_room(session, held.entitlements[declaration_id], act=act)
        entitlement = held.entitlements[declaration_id]
        await announce_entitlement(session, entitlement, RoomFreed, act=act, reason="unmatched")
