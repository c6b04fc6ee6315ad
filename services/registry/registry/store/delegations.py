"""Questions about delegations."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.delegation import DelegationFacts
from registry.store.subjects import active_roles_of
from registry.store.tables import DelegationRow
from shared.act import Act
from shared.rows import row_to_change
from shared.scope import Scope, within
from shared.vocabulary.legal_time import legal_date


async def delegation_facts(session: AsyncSession, row: DelegationRow, *, act: Act) -> DelegationFacts:
    """What the rules on delegations look at."""
    to_account = row.delegate_id is None
    return DelegationFacts(
        role=row.role,
        grantor_roles=await active_roles_of(session, row.grantor_id, row.pilot),
        delegate_roles=await active_roles_of(session, row.delegate_id, row.pilot) if row.delegate_id else None,
        to_oneself=row.account == act.actor if to_account else row.delegate_id == row.grantor_id,
        acts=tuple(row.acts),
        limit_usd=row.limit_usd,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        today=legal_date(act.now),
    )


def delegations_seen_by(scope: Scope, told_account: str) -> Select[DelegationRow]:
    """The delegations that a caller's party gave or has, or that name its account; or all."""
    row = DelegationRow
    named = row.told_account == told_account
    return within(
        select(row),
        row,
        scope,
        subject=lambda party: or_(named, row.grantor_id == party, row.delegate_id == party),
        newcomer=named,
    )


async def delegation_to_change(session: AsyncSession, delegation_id: UUID, *, version: int, act: Act) -> DelegationRow:
    """The delegation, locked, at the version the caller saw, if it is one of its two sides; security ends any."""

    def own(row: DelegationRow) -> bool:
        if act.subject_id is None:
            return act.role == "security" or row.told_account == act.told_as
        return act.subject_id in (str(row.grantor_id), str(row.delegate_id))

    return await row_to_change(
        session, DelegationRow, delegation_id, pilot=act.pilot, version=version, what="delegation", own=own
    )


async def delegations_of(session: AsyncSession, subject_id: UUID) -> list[DelegationRow]:
    """Every delegation that a subject gave or has, oldest first."""
    row = DelegationRow
    query = select(row).where(or_(row.grantor_id == subject_id, row.delegate_id == subject_id)).order_by(row.id)
    return list((await session.execute(query)).scalars())
