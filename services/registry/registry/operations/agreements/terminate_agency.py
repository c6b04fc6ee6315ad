"""Terminate an agreement for new trades; running ones keep its terms (R-FILE-6)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.agency import breaches_of_termination
from registry.publishers.agreements import announce_agreement
from registry.store.agreements import agreement_to_change
from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgencyTerminated
from shared.vocabulary.errors import Refused


async def terminate_agency(
    session: AsyncSession, agreement_id: UUID, kind: str, *, version: int, reason: str, act: Act
) -> AgreementRow:
    """The terminated agreement."""
    row = await agreement_to_change(session, agreement_id, kind, version=version, act=act)
    if breaches := breaches_of_termination(row.status):
        raise Refused(breaches)
    row.status, row.terminated_at = "terminated", act.now
    await announce_agreement(session, row, AgencyTerminated, act=act, reason=reason)
    return row
