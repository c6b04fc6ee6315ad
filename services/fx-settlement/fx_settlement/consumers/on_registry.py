"""Keep copies of who may collect, of banks and of grades."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.store.sealed import destroy_keys
from fx_settlement.store.tables import BankCopy, DelegationCopy, GradeCopy, PilotCopy, SubjectCopy
from shared.events.base import Received
from shared.events.registry import (
    BankEvent,
    DelegationEvent,
    GradeEvent,
    HeldQualification,
    PilotEvent,
    SubjectErased,
    SubjectEvent,
)
from shared.http.delegation_tables import put_delegation
from shared.rows import columns_from, model_from, put


async def copy_subject(session: AsyncSession, received: Received[SubjectEvent]) -> None:
    """Copy the subject: who may collect, pass on and convert."""
    state = received.event.subject
    await put(
        session,
        SubjectCopy,
        {
            "subject_id": state.subject_id,
            "pilot": state.pilot,
            "natural_person": state.natural_person,
            "display_name": state.display_name,
            "roles": state.roles,
            "qualifications": tuple(model_from(HeldQualification, each) for each in state.qualifications),
            "sequence": received.sequence,
        },
    )


async def forget_person(session: AsyncSession, received: Received[SubjectEvent]) -> None:
    """Of an erased person destroy the data keys of the collections that needn't be kept any more (R-DATA-1)."""
    if isinstance(event := received.event, SubjectErased):
        await destroy_keys(session, event.subject.subject_id, until=event.papers_until)


async def copy_delegation(session: AsyncSession, received: Received[DelegationEvent]) -> None:
    """Copy the delegation: who acts for whom."""
    await put_delegation(session, DelegationCopy, received)


async def copy_bank(session: AsyncSession, received: Received[BankEvent]) -> None:
    """A handling bank."""
    await put(session, BankCopy, columns_from(BankCopy, received.event))


async def copy_pilot(session: AsyncSession, received: Received[PilotEvent]) -> None:
    """Copy the pilot's number prefix if the event has one."""
    event = received.event
    if event.number_prefix is not None:
        await put(session, PilotCopy, {"pilot": event.pilot, "number_prefix": event.number_prefix})


async def copy_grade(session: AsyncSession, received: Received[GradeEvent]) -> None:
    """A credit grade, from its date on."""
    await put(session, GradeCopy, columns_from(GradeCopy, received.event))
