"""The other party confirms: from now on collector and exemption filer are fixed (R-FILE-6, V35)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.agency import breaches_of_agency, breaches_of_confirmation
from registry.publishers.agreements import announce_agreement
from registry.store.agreements import agreement_to_change
from registry.store.facts import agency_facts
from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgencyConfirmed
from shared.vocabulary.errors import Refused


async def confirm_agency(
    session: AsyncSession, agreement_id: UUID, kind: str, *, version: int, act: Act
) -> AgreementRow:
    """The confirmed agreement, or every reason why not."""
    row = await agreement_to_change(session, agreement_id, kind, version=version, act=act)
    by_principal = act.subject_id == str(row.principal_id)
    own = row.principal_confirmed_at if by_principal else row.agent_confirmed_at
    breaches = breaches_of_confirmation(row.status, confirmed_by_caller=own is not None)
    if breaches := breaches or breaches_of_agency(await agency_facts(session, row, act.pilot)):
        raise Refused(breaches)
    if by_principal:
        row.principal_confirmed_at = act.now
    else:
        row.agent_confirmed_at = act.now
    row.status = "confirmed"
    await announce_agreement(session, row, AgencyConfirmed, act=act)
    return row
