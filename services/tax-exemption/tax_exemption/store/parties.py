"""Who takes part: stall holders and operators as registry told them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registry import RoleFiling
from tax_exemption.store.tables import SubjectCopy


async def filings_of(session: AsyncSession, subject_id: UUID, pilot: str) -> tuple[RoleFiling, ...]:
    """The filings of a subject of the pilot."""
    row = await session.get(SubjectCopy, subject_id)
    return () if row is None or row.pilot != pilot else row.roles
