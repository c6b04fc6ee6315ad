"""File a bank, site or port: one aggregate each, published with its dates (R-FILE-9)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.places import breaches_of_place
from registry.store.documents import DatedPlace
from registry.store.places import place_made
from registry.store.tables import PlaceRow
from shared.act import Act
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Refused


async def file_place(session: AsyncSession, place_id: str, kind: str, stated: DatedPlace, *, act: Act) -> PlaceRow:
    """The new place, or every reason why not."""
    if breaches := breaches_of_place(stated.valid_from, stated.valid_to):
        raise Refused(breaches)
    row = await place_made(session, place_id, kind, act.pilot, stated)
    await announce(session, stated, key=place_id, sequence=1, act=act)
    return row
