"""Withdraw a change that waits for commerce (R-FILE-3)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.amendments import breaches_of_open_amendment
from registry.store.amendments import amendments_seen_by
from registry.store.tables import SubjectAmendmentRow
from shared.act import Act
from shared.rows import row_seen, row_to_change
from shared.scope import Scope
from shared.vocabulary.errors import Refused


async def withdraw_amendment(
    session: AsyncSession, amendment_id: UUID, *, version: int, reason: str, scope: Scope, act: Act
) -> SubjectAmendmentRow:
    """The withdrawn amendment: whose subject it is withdraws it, or who proposed it."""
    await row_seen(session, amendments_seen_by(scope), amendment_id, pilot=scope.pilot, what="amendment")
    amendment = await row_to_change(
        session, SubjectAmendmentRow, amendment_id, pilot=act.pilot, version=version, what="amendment"
    )
    if breaches := breaches_of_open_amendment(amendment.status):
        raise Refused(breaches)
    amendment.status, amendment.decision_reason = "withdrawn", reason
    amendment.decided_by, amendment.decided_at = act.actor, act.now
    amendment.version += 1
    return amendment
