"""Questions about pilots, banks, sites and ports."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import PlaceRow
from shared.events.registry import PilotChanged


class Pilot(NamedTuple):
    """What a pilot's last event said, and its version."""

    stated: PilotChanged
    version: int


async def pilot_of(session: AsyncSession, pilot: str) -> Pilot | None:
    """The pilot's own data."""
    row = await session.get(PlaceRow, f"pilot:{pilot}")
    return Pilot(row.content, row.version) if row is not None and isinstance(row.content, PilotChanged) else None


async def places_of(session: AsyncSession, pilot: str, kind: str) -> list[PlaceRow]:
    """All places of a kind."""
    query = select(PlaceRow).where(PlaceRow.pilot == pilot, PlaceRow.kind == kind).order_by(PlaceRow.id)
    return list((await session.execute(query)).scalars())


async def place(session: AsyncSession, place_id: str) -> PlaceRow | None:
    """A place as it is now."""
    return await session.get(PlaceRow, place_id)
