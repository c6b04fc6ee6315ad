"""Keep copies of who may collect, of banks and of grades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from shared.http.delegation_tables import put_delegations
from shared.row_sets import put_all
from shared.rows import columns_from, model_from


async def copy_subjects(session: AsyncSession, received: Sequence[Received[SubjectEvent]]) -> None:
    """Copy the subjects: who may collect, pass on and convert."""
    await put_all(session, SubjectCopy, [_subject(each) for each in received])


def _subject(received: Received[SubjectEvent]) -> dict[str, Any]:
    state = received.event.subject
    return {
        "subject_id": state.subject_id,
        "pilot": state.pilot,
        "natural_person": state.natural_person,
        "display_name": state.display_name,
        "roles": state.roles,
        "qualifications": tuple(model_from(HeldQualification, each) for each in state.qualifications),
        "sequence": received.sequence,
    }


async def forget_persons(session: AsyncSession, received: Sequence[Received[SubjectEvent]]) -> None:
    """Of erased persons destroy the data keys of the collections that needn't be kept any more (R-DATA-1)."""
    for each in received:
        if isinstance(event := each.event, SubjectErased):
            await destroy_keys(session, event.subject.subject_id, until=event.papers_until)


async def copy_delegations(session: AsyncSession, received: Sequence[Received[DelegationEvent]]) -> None:
    """Copy the delegations: who acts for whom."""
    await put_delegations(session, DelegationCopy, received)


async def copy_banks(session: AsyncSession, received: Sequence[Received[BankEvent]]) -> None:
    """Handling banks."""
    await put_all(session, BankCopy, [columns_from(BankCopy, each.event) for each in received])


async def copy_pilots(session: AsyncSession, received: Sequence[Received[PilotEvent]]) -> None:
    """Copy the pilots' number prefixes from the events that have one."""
    told = [each.event for each in received if each.event.number_prefix is not None]
    await put_all(session, PilotCopy, [{"pilot": event.pilot, "number_prefix": event.number_prefix} for event in told])


async def copy_grades(session: AsyncSession, received: Sequence[Received[GradeEvent]]) -> None:
    """Credit grades, from their dates on."""
    await put_all(session, GradeCopy, [columns_from(GradeCopy, each.event) for each in received])
