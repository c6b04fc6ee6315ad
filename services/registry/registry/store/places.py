"""Questions about pilots, banks, sites and ports."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.places import breaches_of_pilot, breaches_of_place_id
from registry.store.documents import PlaceContent
from registry.store.tables import PlaceRow
from shared.events.registry import PilotChanged
from shared.rows import lock_name
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import in_force


class Pilot(NamedTuple):
    """A pilot's data as last published, and its version."""

    stated: PilotChanged
    version: int


async def filed_pilot(session: AsyncSession, pilot: str) -> Pilot:
    """The pilot's own data; refused while nobody has filed it."""
    row = await session.get(PlaceRow, f"pilot:{pilot}")
    if row is None or not isinstance(row.content, PilotChanged):
        raise Refused(breaches_of_pilot(pilot, filed=False))
    return Pilot(row.content, row.version)


async def prefix_of(session: AsyncSession, pilot: str) -> str:
    """What the pilot's numbers begin with (V60)."""
    prefix = (await filed_pilot(session, pilot)).stated.number_prefix
    if prefix is None:
        raise RuntimeError(f"pilot {pilot} has no number prefix")  # the migration gave one to each that had none
    return prefix


async def prefix_is_held(session: AsyncSession, prefix: str, *, but_for: str) -> bool:
    """Whether another pilot's numbers begin so; of two who ask at once the second waits for the first to commit."""
    await lock_name(session, f"number prefix {prefix}")
    held = PlaceRow.content["number_prefix"].astext == prefix
    query = select(PlaceRow.id).where(PlaceRow.kind == "pilot", PlaceRow.pilot != but_for, held)
    return (await session.execute(query.limit(1))).first() is not None


def places_of(pilot: str, kind: str) -> Select[PlaceRow]:
    """All places of a kind."""
    return select(PlaceRow).where(PlaceRow.pilot == pilot, PlaceRow.kind == kind)


async def place(session: AsyncSession, place_id: str) -> PlaceRow | None:
    """A place as it is now."""
    return await session.get(PlaceRow, place_id)


async def bank_in_force(session: AsyncSession, bank_id: UUID, pilot: str, day: date) -> bool:
    """Whether a bank is a filed handling bank of the pilot on a day (R-FILE-9)."""
    return await _in_force(session, bank_id, "bank", pilot, day)


async def place_in_force(session: AsyncSession, site_id: UUID, pilot: str, day: date) -> bool:
    """Whether a site or warehouse of the pilot is filed on a day (R-FILE-9)."""
    return await _in_force(session, site_id, "site", pilot, day)


async def _in_force(session: AsyncSession, place_id: UUID, kind: str, pilot: str, day: date) -> bool:
    row = await place(session, str(place_id))
    if row is None or (row.kind, row.pilot) != (kind, pilot) or isinstance(row.content, PilotChanged):
        return False
    return in_force(row.content.valid_from, row.content.valid_to, day)


async def place_made(session: AsyncSession, place_id: str, kind: str, pilot: str, content: PlaceContent) -> PlaceRow:
    """The new place; its id must be free: of two concurrent requests the second waits for the first and is refused."""
    row = {"id": place_id, "kind": kind, "pilot": pilot, "content": content, "version": 1}
    making = insert(PlaceRow).values(row).on_conflict_do_nothing().returning(PlaceRow)
    made = (await session.execute(making)).scalar_one_or_none()
    if made is None:
        raise Refused(breaches_of_place_id(place_id, taken=True))
    return made
