"""Keep copies of stall holders, operators and the pilot's acceptance gate."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Received
from shared.events.registry import DelegationEvent, HeldQualification, PilotEvent, SubjectEvent
from shared.http.delegation_tables import put_delegation
from shared.rows import columns_from, model_from, put
from tax_exemption.store.tables import DelegationCopy, PilotCopy, SubjectCopy


async def copy_subject(session: AsyncSession, received: Received[SubjectEvent]) -> None:
    """Who owns exemptions and who files for whom."""
    state = received.event.subject
    await put(
        session,
        SubjectCopy,
        {
            "subject_id": state.subject_id,
            "pilot": state.pilot,
            "display_name": state.display_name,
            "roles": state.roles,
            "qualifications": tuple(model_from(HeldQualification, each) for each in state.qualifications),
            "sequence": received.sequence,
        },
    )


async def copy_delegation(session: AsyncSession, received: Received[DelegationEvent]) -> None:
    """Copy the delegation: who acts for whom."""
    await put_delegation(session, DelegationCopy, received)


async def copy_pilot(session: AsyncSession, received: Received[PilotEvent]) -> None:
    """Copy since when returns are filed through this system, and the number prefix if the event has one."""
    row = columns_from(PilotCopy, received.event)
    await put(session, PilotCopy, {name: value for name, value in row.items() if name != "number_prefix" or value})
