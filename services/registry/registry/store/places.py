"""Questions about pilots, banks, sites and ports."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import PlaceRow
from shared.events.registry import PilotChanged
from shared.rows import lock_name
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach


class Pilot(NamedTuple):
    """What a pilot's last event said, and its version."""

    stated: PilotChanged
    version: int


async def pilot_of(session: AsyncSession, pilot: str) -> Pilot | None:
    """The pilot's own data."""
    row = await session.get(PlaceRow, f"pilot:{pilot}")
    return Pilot(row.content, row.version) if row is not None and isinstance(row.content, PilotChanged) else None


async def prefix_of(session: AsyncSession, pilot: str) -> str:
    """What the pilot's numbers begin with; refused while nobody has filed the pilot."""
    known = await pilot_of(session, pilot)
    if known is None or known.stated.number_prefix is None:
        raise Refused((Breach("pilot_unknown", "R-FILE-2", "", {"pilot": pilot}),))
    return known.stated.number_prefix


async def prefix_is_held(session: AsyncSession, prefix: str, *, but_for: str) -> bool:
    """Whether another pilot's numbers begin so; of two who ask at once the second waits for the first to commit."""
    await lock_name(session, f"number prefix {prefix}")
    held = PlaceRow.content["number_prefix"].astext == prefix
    query = select(PlaceRow.id).where(PlaceRow.kind == "pilot", PlaceRow.pilot != but_for, held)
    return (await session.execute(query.limit(1))).first() is not None


async def places_of(session: AsyncSession, pilot: str, kind: str) -> list[PlaceRow]:
    """All places of a kind."""
    query = select(PlaceRow).where(PlaceRow.pilot == pilot, PlaceRow.kind == kind).order_by(PlaceRow.id)
    return list((await session.execute(query)).scalars())


async def place(session: AsyncSession, place_id: str) -> PlaceRow | None:
    """A place as it is now."""
    return await session.get(PlaceRow, place_id)
