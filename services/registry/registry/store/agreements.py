"""Questions about agency agreements."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import AgreementRow


def agreements_seen_by(pilot: str, kind: str, subject_id: UUID | None, *, all_of_them: bool) -> Select[AgreementRow]:
    """The agreements of a kind that a caller is party to, or all."""
    query = select(AgreementRow).where(AgreementRow.pilot == pilot, AgreementRow.kind == kind)
    if all_of_them:
        return query
    return query.where(or_(AgreementRow.principal_id == subject_id, AgreementRow.agent_id == subject_id))


def agreements_like(
    query: Select[AgreementRow], *, party: UUID | None = None, status: str | None = None
) -> Select[AgreementRow]:
    """Of these agreements, those with that party and in that state."""
    if party is not None:
        query = query.where(or_(AgreementRow.principal_id == party, AgreementRow.agent_id == party))
    return query if status is None else query.where(AgreementRow.status == status)


async def agreements_of(session: AsyncSession, pilot: str, subject_id: UUID, party: UUID | None) -> list[AgreementRow]:
    """Every agreement of both kinds of a subject, oldest first; with `party` only those it is in too."""
    query = agreements_like(select(AgreementRow).where(AgreementRow.pilot == pilot), party=subject_id)
    query = agreements_like(query, party=party)
    return list((await session.execute(query.order_by(AgreementRow.id))).scalars())
