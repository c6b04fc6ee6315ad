"""The other party confirms: from now on collector and exemption filer are fixed (R-FILE-6, V35)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.agency import breaches_of_agency, breaches_of_confirmation
from registry.operations.agreements.propose_agency import facts_of
from registry.publishers.agreements import announce_agreement
from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgencyConfirmed
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused


async def party_agreement(session: AsyncSession, agreement_id: UUID, kind: str, version: int, act: Act) -> AgreementRow:
    """The agreement at the version the caller saw, if it is a party to it."""

    def own(row: AgreementRow) -> bool:
        return act.subject_id in (str(row.principal_id), str(row.agent_id))

    of_kind = AgreementRow.kind == kind
    return await row_to_change(
        session, AgreementRow, agreement_id, of_kind, pilot=act.pilot, version=version, what="agreement", own=own
    )


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
