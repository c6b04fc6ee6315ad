"""Change a pilot's own data from now on; what it was stays in its events (R-FILE-2)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.places import breaches_of_prefix
from registry.store.places import prefix_is_held
from registry.store.tables import PlaceRow
from shared.act import Act
from shared.events.registry import PilotChanged
from shared.messaging.outbox import announce
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused


async def change_pilot(session: AsyncSession, code: str, stated: PilotChanged, *, version: int, act: Act) -> PlaceRow:
    """The pilot at its next version, or every reason why not; a change that names no number prefix leaves it."""
    place_id, a_pilot = f"pilot:{code}", PlaceRow.kind == "pilot"
    row = await row_to_change(session, PlaceRow, place_id, a_pilot, pilot=act.pilot, version=version, what="pilot")
    before = row.content.number_prefix if isinstance(row.content, PilotChanged) else None
    prefix = stated.number_prefix or before or ""
    held = await prefix_is_held(session, prefix, but_for=act.pilot)
    if breaches := breaches_of_prefix(prefix, held_by_another=held):
        raise Refused(breaches)
    changed = stated.model_copy(update={"number_prefix": prefix})
    row.content, row.version = changed, row.version + 1
    await announce(session, changed, key=place_id, sequence=row.version, act=act)
    return row
