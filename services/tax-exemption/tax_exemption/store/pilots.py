"""Copies of the pilots' own data."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from shared.vocabulary.errors import Conflict
from tax_exemption.store.tables import PilotCopy


async def prefix_of(session: AsyncSession, pilot: str) -> str:
    """What the pilot's numbers begin with (V60); Conflict until registry's word of it has arrived."""
    known = await session.get(PilotCopy, pilot)
    if known is None or known.number_prefix is None:
        raise Conflict("pilot_not_heard", f"nothing is known yet of pilot {pilot}")
    return known.number_prefix


async def gate_of(session: AsyncSession, pilot: str) -> date | None:
    """Since when tax takes the pilot's returns through the system (R-TAX-4)."""
    known = await session.get(PilotCopy, pilot)
    return None if known is None else known.acceptance_gate_open_from
