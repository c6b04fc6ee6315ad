"""File or change a pilot, bank, site or port: one aggregate each, told with its dates (R-FILE-2, R-FILE-9)."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.places import breaches_of_place, breaches_of_prefix
from registry.store.documents import PlaceContent
from registry.store.places import prefix_is_held
from registry.store.tables import PlaceRow
from shared.act import Act
from shared.events.registry import PilotChanged
from shared.messaging.outbox import announce
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach


async def file_place(session: AsyncSession, place_id: str, kind: str, event: PlaceContent, *, act: Act) -> PlaceRow:
    """The new place; its id may not be taken: of two at once the second waits for the first and is told so."""
    content = await _admissible(session, event)
    row = {"id": place_id, "kind": kind, "pilot": act.pilot, "content": content, "version": 1}
    made = insert(PlaceRow).values(row).on_conflict_do_nothing().returning(PlaceRow)
    filed = (await session.execute(made)).scalar_one_or_none()
    if filed is None:
        raise Refused((Breach("place_filed_already", "R-FILE-9", "", {"place": place_id}),))
    await announce(session, event, key=place_id, sequence=1, act=act)
    return filed


async def change_place(
    session: AsyncSession, place_id: str, kind: str, event: PlaceContent, *, version: int, act: Act
) -> PlaceRow:
    """The changed place of the kind at its next version; what it was stays in its events."""
    of_kind = PlaceRow.kind == kind
    row = await row_to_change(session, PlaceRow, place_id, of_kind, pilot=act.pilot, version=version, what="place")
    if isinstance(event, PilotChanged) and isinstance(row.content, PilotChanged):
        # A change that doesn't name the prefix leaves it as it is.
        event = event.model_copy(update={"number_prefix": event.number_prefix or row.content.number_prefix})
    row.content, row.version = await _admissible(session, event), row.version + 1
    await announce(session, event, key=place_id, sequence=row.version, act=act)
    return row


async def _admissible(session: AsyncSession, content: PlaceContent) -> PlaceContent:
    if not isinstance(content, PilotChanged):
        breaches = breaches_of_place(content.valid_from, content.valid_to)
    elif content.number_prefix is not None:
        held = await prefix_is_held(session, content.number_prefix, but_for=content.pilot)
        breaches = breaches_of_prefix(content.number_prefix, held_by_another=held)
    else:
        breaches = ()
    if breaches:
        raise Refused(breaches)
    return content
