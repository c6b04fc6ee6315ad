"""Withdraw a declaration before customs accepts it: its quantities and packing lists become free again (V32, V33)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import DeclarationWithdrawn
from shared.vocabulary.errors import Conflict
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.declarations import hold_packing_lists, own_declaration, portions_of
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.declarations import DeclarationRow


async def withdraw_declaration(
    session: AsyncSession, declaration_id: UUID, *, version: int, reason: str, act: Act
) -> DeclarationRow:
    """The withdrawn declaration; after acceptance only customs can undo it (V32, V33)."""
    row = await own_declaration(session, declaration_id, version, act)
    if row.status != "submitted":
        raise Conflict("declaration_not_withdrawable", f"the declaration is {row.status}")
    await hold_packing_lists(session, row, held=False)
    moves = [Move(each.line_id, "declared", -each.quantity) for each in await portions_of(session, row.id)]
    if unfit := await move(session, moves, reference=row.number, act=act):
        raise RuntimeError(f"nothing declared to give back for {[str(each.line_id) for each in unfit]}")
    row.status = "withdrawn"
    row.content = row.content.model_copy(update={"withdrawn_attempt": row.attempt})
    await announce_declaration(session, row, DeclarationWithdrawn, act=act, reason=reason, changed=())
    return row
