"""Questions about matches, and everything that a collection's matches touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.payables import lying_here, owed_on
from fx_settlement.store.accounts import account_of
from fx_settlement.store.at_bank import Account, PayableKey, PayableOnAccount, payables_on_accounts
from fx_settlement.store.collections import collection_for_update, collection_to_change
from fx_settlement.store.journal import Entry, write_entries
from fx_settlement.store.payables import payables_for_update
from fx_settlement.store.room_moves import Move, move_rooms
from fx_settlement.store.rooms import entitlements_for_update, rooms_by_portion
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, PayableRow, PortionRoomRow
from shared.act import Act
from shared.vocabulary.errors import Stale


async def matches_of(session: AsyncSession, collection_id: UUID) -> list[MatchRow]:
    """A collection's matches, undone ones included, oldest first."""
    query = select(MatchRow).where(MatchRow.collection_id == collection_id).order_by(MatchRow.id)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def live_matches_of(session: AsyncSession, collection_id: UUID) -> list[MatchRow]:
    """A collection's matches in force, newest first."""
    return [row for row in reversed(await matches_of(session, collection_id)) if row.unmatched_at is None]


async def live_matches_of_portions(session: AsyncSession, ids: Iterable[UUID]) -> list[MatchRow]:
    """The matches in force of some portions, newest first."""
    query = select(MatchRow).where(MatchRow.portion_id.in_(set(ids)), MatchRow.unmatched_at.is_(None))
    rows = await session.execute(query.order_by(MatchRow.id.desc()).execution_options(populate_existing=True))
    return list(rows.scalars())


@dataclass(slots=True)
class OwedHere:
    """What an agent owes a principal, and how much of it lies `here`, on one account; who changes one changes both."""

    payable: PayableRow
    here: Decimal

    @property
    def left(self) -> Decimal:
        """What the agent still owes of the account's money."""
        return lying_here(owed_on(self.payable), self.here)


@dataclass(frozen=True, slots=True)
class LockedMatches:
    """Matches locked together with their collections and payables; the caller holds their declarations' locks."""

    matches: list[MatchRow]
    collections: dict[UUID, CollectionRow]
    owed: dict[tuple[Account, PayableKey], OwedHere]

    def owed_for(self, match: MatchRow) -> OwedHere | None:
        """What the agent owes the match's owner on the collection's account; None where the owner collects itself."""
        collection = self.collections[match.collection_id]
        key = (collection.collector_id, match.owner_id, collection.currency)
        return self.owed.get(((collection.bank_id, account_of(collection)), key))


async def matches_on_portions_for_update(session: AsyncSession, ids: Iterable[UUID], pilot: str) -> LockedMatches:
    """The matches in force of some portions, newest first."""
    portion_ids = set(ids)
    seen = await live_matches_of_portions(session, portion_ids)
    collections: dict[UUID, CollectionRow] = {}
    for collection_id in sorted({match.collection_id for match in seen}):
        locked = await collection_for_update(session, collection_id)
        if locked is not None:
            collections[collection_id] = locked
    owed = await _owed(session, seen, collections, pilot)
    return LockedMatches(await live_matches_of_portions(session, portion_ids), collections, owed)


@dataclass(frozen=True, slots=True)
class LockedCollection(LockedMatches):
    """A collection locked together with everything that its matches touch."""

    collection: CollectionRow
    entitlements: dict[UUID, EntitlementRow]
    rooms: dict[UUID, PortionRoomRow]


async def matched_collection_to_change(
    session: AsyncSession, collection_id: UUID, *, version: int, bank_id: UUID, act: Act
) -> LockedCollection:
    """Declarations first, then the collection: it is stale if it gained a match in between."""
    seen = {match.declaration_id for match in await live_matches_of(session, collection_id)}
    entitlements = await entitlements_for_update(session, seen)
    collection = await collection_to_change(session, collection_id, bank_id=bank_id, version=version, act=act)
    matches = await live_matches_of(session, collection_id)
    if {match.declaration_id for match in matches} - seen:
        raise Stale("the collection was matched meanwhile")
    rooms = await rooms_by_portion(session, {match.portion_id for match in matches}, act.pilot)
    collections = {collection.id: collection}
    owed = await _owed(session, matches, collections, act.pilot)
    return LockedCollection(matches, collections, owed, collection, entitlements, rooms)


async def _owed(
    session: AsyncSession, matches: Iterable[MatchRow], collections: dict[UUID, CollectionRow], pilot: str
) -> dict[tuple[Account, PayableKey], OwedHere]:
    """What is owed for the matches by account, the payables locked."""
    booked = ((match, collections[match.collection_id]) for match in matches)
    wanted = {
        ((row.bank_id, account_of(row)), (row.collector_id, match.owner_id, row.currency))
        for match, row in booked
        if match.owner_id != row.collector_id
    }
    payables = await payables_for_update(session, {key for _, key in wanted}, pilot)
    lying = {}
    for bank_id in {bank_id for (bank_id, _), _ in wanted}:
        keys = {key for (bank, _), key in wanted if bank == bank_id}
        lying[bank_id] = await payables_on_accounts(session, keys, pilot, bank_id=bank_id)
    nothing = PayableOnAccount()
    return {
        (account, key): OwedHere(payables[key], owed_on(lying[account[0]][key].get(account, nothing)))
        for account, key in wanted
    }


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cut does to a room and to the books."""

    move: Move
    entry: Entry


async def write_cuts(session: AsyncSession, cuts: Sequence[Cut], *, act: Act) -> None:
    """Free the rooms of all cuts and book them."""
    await move_rooms(session, [cut.move for cut in cuts], act=act)
    await write_entries(session, [cut.entry for cut in cuts], act=act)
