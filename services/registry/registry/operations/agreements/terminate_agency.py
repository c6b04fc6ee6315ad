"""Terminate an agreement for new trades; running ones keep its terms (R-FILE-6)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.operations.agreements.confirm_agency import party_agreement
from registry.publishers.agreements import announce_agreement
from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgencyTerminated
from shared.vocabulary.errors import Refused
from shared.vocabulary.rules import Breach


async def terminate_agency(
    session: AsyncSession, agreement_id: UUID, kind: str, *, version: int, reason: str, act: Act
) -> AgreementRow:
    """The terminated agreement."""
    row = await party_agreement(session, agreement_id, kind, version, act)
    if row.status == "terminated":
        raise Refused((Breach("agency_terminated_already", "R-FILE-6"),))
    row.status, row.terminated_at = "terminated", act.now
    await announce_agreement(session, row, AgencyTerminated, act=act, reason=reason)
    return row
