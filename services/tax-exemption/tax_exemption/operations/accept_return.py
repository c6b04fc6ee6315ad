"""The tax officer accepts a return."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import ReturnAccepted, ReturnState
from shared.rows import row_to_change
from shared.vocabulary.errors import Refused
from tax_exemption.domain.decision import breaches_of_return_decision
from tax_exemption.publishers.returns import announce_return
from tax_exemption.store.tables import ReturnRow


async def accept_return(session: AsyncSession, return_id: UUID, *, version: int, act: Act) -> ReturnState:
    """The accepted return; from now on it is never edited, only adjusted."""
    row = await row_to_change(session, ReturnRow, return_id, pilot=act.pilot, version=version, what="return")
    if breaches := breaches_of_return_decision(row.status, filed_by=row.filed_by, decided_by=act.actor):
        raise Refused(breaches)
    row.status, row.accepted_at = "accepted", act.now
    return await announce_return(session, row, ReturnAccepted, act=act)
