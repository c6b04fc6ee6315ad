"""Copies of the pilots' own data."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.tables import PilotCopy
from shared.vocabulary.errors import Conflict


async def prefix_of(session: AsyncSession, pilot: str) -> str:
    """What the pilot's numbers begin with (V60); Conflict until registry's word of it has arrived."""
    known = await session.get(PilotCopy, pilot)
    if known is None:
        raise Conflict("pilot_not_heard", f"nothing is known yet of pilot {pilot}")
    return known.number_prefix
