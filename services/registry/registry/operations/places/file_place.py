"""File or change a pilot, bank, site or port: one aggregate each, told with its dates (R-FILE-2, R-FILE-9)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.places import place_for_update
from registry.store.tables import PlaceRow
from shared.act import Act
from shared.events.base import Event
from shared.messaging.outbox import announce
from shared.vocabulary.errors import NotFound, Refused, Stale
from shared.vocabulary.rules import Breach


async def file_place(session: AsyncSession, place_id: str, kind: str, event: Event, *, act: Act) -> PlaceRow:
    """The new place; its id may not be taken."""
    if await place_for_update(session, place_id) is not None:
        raise Refused((Breach("place_filed_already", "R-FILE-9", "", {"place": place_id}),))
    row = PlaceRow(id=place_id, kind=kind, pilot=act.pilot, content=_content(event), version=1)
    session.add(row)
    await announce(session, event, key=place_id, sequence=1, act=act)
    return row


async def change_place(
    session: AsyncSession, place_id: str, kind: str, event: Event, *, version: int, act: Act
) -> PlaceRow:
    """The changed place of the kind at its next version; what it was stays in its events."""
    row = await place_for_update(session, place_id)
    if row is None or row.pilot != act.pilot or row.kind != kind:
        raise NotFound(f"no {place_id}")
    if row.version != version:
        raise Stale(f"it has version {row.version}")
    row.content, row.version = _content(event), row.version + 1
    await announce(session, event, key=place_id, sequence=row.version, act=act)
    return row


def _content(event: Event) -> dict[str, Any]:
    return event.model_dump(mode="json")
