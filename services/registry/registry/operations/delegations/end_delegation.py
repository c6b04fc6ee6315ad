"""Either side ends a delegation at once, and security ends any (V65)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.delegation import breaches_of_end
from registry.publishers.delegations import announce_delegation
from registry.store.delegations import delegation_to_change
from registry.store.tables import DelegationRow
from shared.act import Act
from shared.events.registry import DelegationEnded
from shared.vocabulary.errors import Refused


async def end_delegation(
    session: AsyncSession, delegation_id: UUID, *, version: int, reason: str, act: Act
) -> DelegationRow:
    """The ended delegation: what was done under it stands."""
    row = await delegation_to_change(session, delegation_id, version=version, act=act)
    if breaches := breaches_of_end(row.status):
        raise Refused(breaches)
    row.status, row.ended_by, row.ended_at, row.reason = "ended", act.actor, act.now, reason or None
    await announce_delegation(session, row, DelegationEnded, act=act, reason=reason)
    return row
