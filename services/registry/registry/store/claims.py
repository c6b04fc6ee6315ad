"""Questions about claims of subjects."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import SubjectClaimRow, SubjectRow
from shared.rows import any_in, narrowed
from shared.scope import Scope, within


def claims_seen_by(scope: Scope, *, status: str | None = None) -> Select[SubjectClaimRow]:
    """The claims that a party's account made, and those that others made to the subject that it is; or all."""
    row = SubjectClaimRow
    made = row.claimant == scope.account
    owned = select(SubjectRow.id).where(SubjectRow.pilot == scope.pilot, SubjectRow.account == scope.account)
    query = within(
        select(row),
        row,
        scope,
        subject=lambda party: or_(made, row.subject_id == party),
        newcomer=or_(made, row.subject_id == any_in(owned)),
    )
    return narrowed(query, row, {"status": status})


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
