"""Close conflict cases of goods that customs decided on before the site reported arrival (R-DECL-1, R-DECL-7)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import ConflictClosed
from trade_ledger.domain.cases import asks_for_arrival
from trade_ledger.domain.receipts import cases_of_arrival
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.conflicts import close_by_facts, open_conflicts_of
from trade_ledger.store.declarations import arrivals_of, declaration_for_update
from trade_ledger.store.receipts import receipts_known
from trade_ledger.store.tables.declarations import DeclarationRow


async def review_arrival(session: AsyncSession, declaration_ids: Iterable[UUID], act: Act) -> None:
    """Close the case of an arrival that was reported after customs had decided already."""
    for declaration_id in sorted(declaration_ids):
        row = await declaration_for_update(session, declaration_id)
        if row is None or row.attempt == 0:
            continue
        still = await _still(session, row)
        for known in await open_conflicts_of(session, row.id):
            if known.code == "released_before_arrival" and (known.code, known.receipt_id) not in still:
                close_by_facts(known, "the arrival was reported", act)
                await announce_declaration(session, row, ConflictClosed, act=act, reason=known.code, case=known)


async def _still(session: AsyncSession, row: DeclarationRow) -> set[tuple[str, str]]:
    receipts = await receipts_known(session, row.id, row.attempt)
    if not asks_for_arrival(row.status, receipts):
        return set()
    return {(each.code, each.receipt_id) for each in cases_of_arrival(receipts, await arrivals_of(session, row))}
