"""A delegation's row becomes its public state and its event."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import DelegationRow
from shared.act import Act
from shared.events.registry import DelegationEvent, DelegationState
from shared.messaging.outbox import announce
from shared.rows import model_from


async def announce_delegation(
    session: AsyncSession, row: DelegationRow, event: type[DelegationEvent], *, act: Act, reason: str = ""
) -> None:
    """Raise the version and announce it; the caller holds the delegation's lock. The account is told opaquely."""
    row.version += 1
    limit = None if row.limit_usd is None else f"{row.limit_usd:.2f}"
    state = model_from(
        DelegationState, row, delegation_id=row.id, account=row.told_account, limit_usd=limit, acts=tuple(row.acts)
    )
    await announce(session, event(delegation=state, reason=reason), key=row.id, sequence=row.version, act=act)
