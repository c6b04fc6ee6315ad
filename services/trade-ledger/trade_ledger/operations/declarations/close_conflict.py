"""Close a conflict case with a reason (R-DECL-7)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import ConflictClosed
from shared.rows import row_to_change
from shared.vocabulary.errors import Conflict, NotFound
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow


async def close_conflict(
    session: AsyncSession, declaration_id: UUID, conflict_id: UUID, *, version: int, reason: str, act: Act
) -> DeclarationRow:
    """The declaration without that open case; the case stays readable."""
    row = await row_to_change(
        session, DeclarationRow, declaration_id, pilot=act.pilot, version=version, what="declaration"
    )
    case = await session.get(ConflictRow, conflict_id)
    if case is None or case.declaration_id != declaration_id:
        raise NotFound(f"no conflict {conflict_id}")
    if case.closed_at is not None:
        raise Conflict("conflict_closed_already", "the case is closed")
    case.closed_at, case.closed_by, case.closing_reason = act.now, act.actor, reason
    await announce_declaration(session, row, ConflictClosed, act=act, reason=reason, case=case)
    return row
