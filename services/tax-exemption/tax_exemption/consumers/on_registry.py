"""Keep copies of stall holders, operators and the pilot's acceptance gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Received
from shared.events.registry import DelegationEvent, HeldQualification, PilotEvent, SubjectEvent
from shared.http.delegation_tables import put_delegations
from shared.row_sets import put_all
from shared.rows import columns_from, model_from
from tax_exemption.store.tables import DelegationCopy, PilotCopy, SubjectCopy


async def copy_subjects(session: AsyncSession, received: Sequence[Received[SubjectEvent]]) -> None:
    """Who owns exemptions and who files for whom."""
    await put_all(session, SubjectCopy, [_subject(each) for each in received])


def _subject(received: Received[SubjectEvent]) -> dict[str, Any]:
    state = received.event.subject
    return {
        "subject_id": state.subject_id,
        "pilot": state.pilot,
        "display_name": state.display_name,
        "roles": state.roles,
        "qualifications": tuple(model_from(HeldQualification, each) for each in state.qualifications),
        "sequence": received.sequence,
    }


async def copy_delegations(session: AsyncSession, received: Sequence[Received[DelegationEvent]]) -> None:
    """Copy the delegations: who acts for whom."""
    await put_delegations(session, DelegationCopy, received)


async def copy_pilots(session: AsyncSession, received: Sequence[Received[PilotEvent]]) -> None:
    """Copy since when returns are filed through this system, and the number prefix if the event has one."""
    rows = [columns_from(PilotCopy, each.event) for each in received]
    named = [row for row in rows if row["number_prefix"]]
    unnamed = [row for row in rows if not row["number_prefix"]]
    await put_all(session, PilotCopy, named)
    # An event from before pilots had a prefix of their own leaves the one known so far.
    await put_all(session, PilotCopy, [{name: row[name] for name in row if name != "number_prefix"} for row in unnamed])
