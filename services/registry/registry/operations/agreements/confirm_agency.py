"""The other party confirms: from now on collector and exemption filer are fixed (R-FILE-6, V35)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.agency import breaches_of_agency, breaches_of_confirmation
from registry.operations.agreements.propose_agency import facts_of
from registry.publishers.agreements import announce_agreement
from registry.store.agreements import agreement_for_update
from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgencyConfirmed
from shared.vocabulary.errors import Hidden, NotFound, Refused, Stale


async def party_agreement(session: AsyncSession, agreement_id: UUID, kind: str, version: int, act: Act) -> AgreementRow:
    """The agreement at the version the caller saw, if it is a party to it."""
    row = await agreement_for_update(session, agreement_id)
    if row is None or row.pilot != act.pilot or row.kind != kind:
        raise NotFound(f"no agreement {agreement_id}")
    if act.subject_id not in (str(row.principal_id), str(row.agent_id)):
        raise Hidden(f"agreement {agreement_id} is somebody else's")
    if row.version != version:
        raise Stale(f"the agreement has version {row.version}")
    return row


async def confirm_agency(
    session: AsyncSession, agreement_id: UUID, kind: str, *, version: int, act: Act
) -> AgreementRow:
    """The confirmed agreement, or every reason why not."""
    row = await party_agreement(session, agreement_id, kind, version, act)
    by_principal = act.subject_id == str(row.principal_id)
    own = row.principal_confirmed_at if by_principal else row.agent_confirmed_at
    breaches = breaches_of_confirmation(row.status, confirmed_by_caller=own is not None)
    if breaches := breaches or breaches_of_agency(await facts_of(session, row, act.pilot)):
        raise Refused(breaches)
    if by_principal:
        row.principal_confirmed_at = act.now
    else:
        row.agent_confirmed_at = act.now
    row.status = "confirmed"
    await announce_agreement(session, row, AgencyConfirmed, act=act)
    return row
