"""File a pilot's own data: a second pilot is a row, not a release (R-FILE-2)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.places import breaches_of_prefix
from registry.store.places import place_made, prefix_is_held
from registry.store.tables import PlaceRow
from shared.act import Act
from shared.events.registry import PilotChanged
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Refused


async def file_pilot(session: AsyncSession, stated: PilotChanged, *, act: Act) -> PlaceRow:
    """The new pilot, or every reason why not; no two pilots share a number prefix (V60)."""
    prefix, place_id = stated.number_prefix or "", f"pilot:{stated.pilot}"
    held = await prefix_is_held(session, prefix, but_for=stated.pilot)
    if breaches := breaches_of_prefix(prefix, held_by_another=held):
        raise Refused(breaches)
    row = await place_made(session, place_id, "pilot", act.pilot, stated)
    await announce(session, stated, key=place_id, sequence=1, act=act)
    return row
