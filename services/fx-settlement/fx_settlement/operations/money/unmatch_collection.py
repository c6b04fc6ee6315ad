"""A bank undoes matches whose money is still held (V41)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.shares import NOTHING
from fx_settlement.operations.money.cut_match import cut_match
from fx_settlement.operations.rooms.thaw_rooms import thaw_rooms
from fx_settlement.publishers.money import announce_collection
from fx_settlement.store.matches import matched_collection_to_change, write_cuts
from fx_settlement.store.tables import CollectionRow
from shared.act import Act
from shared.events.fx_settlement import CollectionUnmatched
from shared.vocabulary.errors import NotFound, Refused
from shared.vocabulary.rules import Breach


async def unmatch_collection(
    session: AsyncSession, collection_id: UUID, match_ids: Sequence[UUID], *, version: int, bank_id: UUID, act: Act
) -> CollectionRow:
    """The collection with those matches undone, or why not."""
    held = await matched_collection_to_change(session, collection_id, version=version, bank_id=bank_id, act=act)
    live = {match.id: match for match in held.matches}
    if set(match_ids) - set(live):
        raise NotFound("not all matches are in force")
    cuts, breaches = [], []
    for index, match_id in enumerate(dict.fromkeys(match_ids)):
        match = live[match_id]
        room = held.rooms[match.portion_id]
        cut = cut_match(session, match, held.collection, room, held.owed_for(match), NOTHING, act=act)
        if cut is not None:
            cuts.append(cut)
        else:
            breaches.append(Breach("passed_on_already", "V42", f"/match_ids/{index}"))
    if breaches:
        raise Refused(tuple(breaches))
    await write_cuts(session, cuts, act=act)
    await announce_collection(session, held.collection, CollectionUnmatched, act=act)
    freed = {live[match_id].declaration_id for match_id in match_ids}
    await thaw_rooms(session, held.entitlements, freed, act=act)
    return held.collection
