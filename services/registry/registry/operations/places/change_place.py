"""Change a bank, site or port; what it was stays in its events (R-FILE-9)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.places import breaches_of_place
from registry.store.documents import DatedPlace
from registry.store.tables import PlaceRow
from shared.act import Act
from shared.messaging.outbox import announce
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused


async def change_place(
    session: AsyncSession, place_id: str, kind: str, stated: DatedPlace, *, version: int, act: Act
) -> PlaceRow:
    """The place of the kind at its next version, or every reason why not."""
    of_kind = PlaceRow.kind == kind
    row = await row_to_change(session, PlaceRow, place_id, of_kind, pilot=act.pilot, version=version, what="place")
    if breaches := breaches_of_place(stated.valid_from, stated.valid_to):
        raise Refused(breaches)
    row.content, row.version = stated, row.version + 1
    await announce(session, stated, key=place_id, sequence=row.version, act=act)
    return row
