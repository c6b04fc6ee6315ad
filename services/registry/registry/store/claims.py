"""Questions about claims of subjects."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.speaking import Asker
from registry.store.tables import SubjectClaimRow, SubjectRow
from shared.rows import narrowed


def claims_seen_by(pilot: str, asker: Asker | None, *, status: str | None = None) -> Select[SubjectClaimRow]:
    """The claims that a party made, and those that others made to the subject that it is; None sees all."""
    query = narrowed(select(SubjectClaimRow).where(SubjectClaimRow.pilot == pilot), SubjectClaimRow, {"status": status})
    if asker is None:
        return query
    if asker.party is None:
        owned = select(SubjectRow.id).where(SubjectRow.pilot == pilot, SubjectRow.account == asker.account)
    else:
        owned = select(SubjectRow.id).where(SubjectRow.pilot == pilot, SubjectRow.id == asker.party)
    return query.where(or_(SubjectClaimRow.claimant == asker.account, SubjectClaimRow.subject_id.in_(owned)))


async def claim_is_open(session: AsyncSession, subject_id: UUID, claimant: str) -> bool:
    """Whether a claim of the account to the subject waits for its decision."""
    table = SubjectClaimRow
    query = select(table.id).where(table.subject_id == subject_id, table.claimant == claimant, table.status == "open")
    return await session.scalar(query) is not None


async def open_claims_on(session: AsyncSession, subject_id: UUID) -> int:
    """How many accounts claim the subject and wait."""
    query = select(func.count()).where(SubjectClaimRow.subject_id == subject_id, SubjectClaimRow.status == "open")
    return await session.scalar(query) or 0


async def subjects_claimed(session: AsyncSession, claims: Sequence[SubjectClaimRow]) -> dict[UUID, SubjectRow]:
    """The subjects that the claims are about."""
    query = select(SubjectRow).where(SubjectRow.id.in_({row.subject_id for row in claims}))
    return {row.id: row for row in (await session.execute(query)).scalars()}
