"""Questions about agency agreements."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import AgreementRow


async def agreement_for_update(session: AsyncSession, agreement_id: UUID) -> AgreementRow | None:
    """The agreement, locked until commit."""
    return await session.get(AgreementRow, agreement_id, with_for_update=True, populate_existing=True)


def agreements_seen_by(pilot: str, kind: str, subject_id: UUID | None, *, all_of_them: bool) -> Select[AgreementRow]:
    """The agreements of a kind that a caller is party to, or all."""
    query = select(AgreementRow).where(AgreementRow.pilot == pilot, AgreementRow.kind == kind)
    if all_of_them:
        return query
    return query.where(or_(AgreementRow.principal_id == subject_id, AgreementRow.agent_id == subject_id))
