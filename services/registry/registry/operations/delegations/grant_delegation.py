"""A party lets another one, or an account of its own, do named acts for it (V65)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.delegation import breaches_of_delegation
from registry.publishers.delegations import announce_delegation
from registry.store.delegations import delegation_facts
from registry.store.tables import DelegationRow
from shared.act import Act
from shared.events.registry import DelegationGranted
from shared.vocabulary.errors import Refused


@dataclass(frozen=True, slots=True)
class GrantedDelegation:
    """The terms; `told_account` is the opaque id of `account`."""

    delegate_id: UUID | None
    account: str | None
    told_account: str | None
    acts: tuple[str, ...]
    limit_usd: Decimal | None
    valid_from: date
    valid_to: date


async def grant_delegation(
    session: AsyncSession, terms: GrantedDelegation, *, grantor_id: UUID, act: Act
) -> DelegationRow:
    """The delegation, or every reason why not; an account's is in force at once."""
    row = DelegationRow(
        id=uuid7(),
        pilot=act.pilot,
        version=0,
        role=act.role,
        grantor_id=grantor_id,
        delegate_id=terms.delegate_id,
        account=terms.account,
        told_account=terms.told_account,
        acts=list(terms.acts),
        limit_usd=terms.limit_usd,
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
        status="granted" if terms.account is None else "in_force",
        granted_by=act.actor,
        granted_at=act.now,
        accepted_at=None,
        ended_by=None,
        ended_at=None,
        reason=None,
    )
    if breaches := breaches_of_delegation(await delegation_facts(session, row, act=act)):
        raise Refused(breaches)
    session.add(row)
    await announce_delegation(session, row, DelegationGranted, act=act)
    return row
