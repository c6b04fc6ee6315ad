"""Undo a match: the export's room and the collection's money are free again (V41)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.operations.book_collection import booked_collection
from fx_settlement.publishers.money import announce_collection, announce_entitlement
from fx_settlement.store.money import (
    Posting,
    collection_for_update,
    entitlements_for_update,
    matches_of,
    post,
    rooms_by_portion,
)
from fx_settlement.store.tables import CollectionRow, EntitlementRow, MatchRow, PayableRow, PortionRoomRow
from shared.act import Act
from shared.events.fx_settlement import CollectionUnmatched
from shared.vocabulary.errors import NotFound, Refused
from shared.vocabulary.rules import Breach


async def undo_match(
    session: AsyncSession,
    match: MatchRow,
    entitlement: EntitlementRow,
    room: PortionRoomRow,
    *,
    act: Act,
    forced: bool = False,
) -> bool:
    """Whether it was undone: money that was passed on already stays matched. The caller holds the room's lock."""
    collection = await collection_for_update(session, match.collection_id)
    if collection is None:
        raise NotFound(f"no collection {match.collection_id}")
    if not await _take_back_payable(session, collection, match):
        return False
    match.unmatched_at = act.now
    collection.matched -= match.amount
    entitlement.matched -= match.value
    room.matched -= match.value
    room.matched_usd -= match.value_usd
    owed = f"payable:{match.owner_id}"
    held = f"unmatched:{collection.collector_id}"
    postings = [
        Posting(owed, collection.currency, match.amount),
        Posting(held, collection.currency, -match.amount),
    ]
    await post(session, postings, reference=f"unmatch:{match.id}", act=act)
    if forced:
        await announce_collection(session, collection, CollectionUnmatched, act=act, reason="declaration shrank")
    return True


async def _take_back_payable(session: AsyncSession, collection: CollectionRow, match: MatchRow) -> bool:
    if collection.collector_id == match.owner_id:
        return True
    taking = (
        update(PayableRow)
        .where(
            PayableRow.agent_id == collection.collector_id,
            PayableRow.principal_id == match.owner_id,
            PayableRow.currency == collection.currency,
            PayableRow.collected - match.amount + PayableRow.claims >= PayableRow.passed_on,
        )
        .values(collected=PayableRow.collected - match.amount)
        .returning(PayableRow.agent_id)
    )
    return (await session.execute(taking)).first() is not None


async def unmatch_collection(
    session: AsyncSession, collection_id: UUID, match_ids: list[UUID], *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with those matches undone, or why not."""
    collection = await booked_collection(session, collection_id, bank_id=bank_id, version=version, act=act)
    live = {match.id: match for match in await matches_of(session, collection_id) if match.unmatched_at is None}
    if set(match_ids) - set(live):
        raise NotFound("not all matches are in force")
    chosen = [live[match_id] for match_id in match_ids]
    entitlements = await entitlements_for_update(session, {match.declaration_id for match in chosen})
    rooms = await rooms_by_portion(session, {match.portion_id for match in chosen})
    for index, match in enumerate(chosen):
        done = await undo_match(session, match, entitlements[match.declaration_id], rooms[match.portion_id], act=act)
        if not done:
            raise Refused((Breach("passed_on_already", "V42", f"/match_ids/{index}"),))
    await announce_collection(session, collection, CollectionUnmatched, act=act)
    for entitlement in entitlements.values():
        await announce_entitlement(session, entitlement, act=act, reason="unmatched")
    return collection
