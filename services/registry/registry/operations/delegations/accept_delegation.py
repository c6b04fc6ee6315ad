"""The other party accepts a delegation: from now on it may act (V65)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.delegation import breaches_of_acceptance, breaches_of_delegation
from registry.publishers.delegations import announce_delegation
from registry.store.delegations import delegation_facts, delegation_to_change
from registry.store.tables import DelegationRow
from shared.act import Act
from shared.events.registry import DelegationAccepted
from shared.vocabulary.errors import Refused


async def accept_delegation(session: AsyncSession, delegation_id: UUID, *, version: int, act: Act) -> DelegationRow:
    """The delegation in force, or every reason why not."""
    row = await delegation_to_change(session, delegation_id, version=version, act=act)
    by_delegate = act.subject_id is not None and act.subject_id == str(row.delegate_id)
    breaches = breaches_of_acceptance(row.status, by_delegate=by_delegate)
    if breaches := breaches or breaches_of_delegation(await delegation_facts(session, row, act=act)):
        raise Refused(breaches)
    row.status, row.accepted_at = "in_force", act.now
    await announce_delegation(session, row, DelegationAccepted, act=act)
    return row
