"""Open and close the cases that hang on the loads' arrival, whenever it is reported (R-DECL-1, R-DECL-7)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import ConflictClosed
from trade_ledger.domain.cases import asks_for_arrival
from trade_ledger.domain.dates import cases_of_arrival_dates
from trade_ledger.domain.receipts import INACTIVE, Conflict, cases_of_arrival
from trade_ledger.publishers.declarations import announce_cases, announce_declaration
from trade_ledger.store.conflicts import keep_cases
from trade_ledger.store.declarations import declaration_for_update, portions_of, times_of_loads
from trade_ledger.store.receipts import receipts_known
from trade_ledger.store.tables.declarations import DeclarationRow

_CODES = frozenset({"released_before_arrival", "arrival_date_impossible"})


async def review_arrival(session: AsyncSession, declaration_ids: Iterable[UUID], act: Act) -> None:
    """The cases of an arrival that customs didn't wait for, or on a day that can't be, as the facts have them now."""
    for declaration_id in sorted(declaration_ids):
        row = await declaration_for_update(session, declaration_id)
        if row is None or row.attempt == 0:
            continue
        turned = await keep_cases(
            session, row, await _cases(session, row), act, among=_CODES, reason="the arrival was reported"
        )
        for case in turned.closed:
            await announce_declaration(session, row, ConflictClosed, act=act, reason=case.code, case=case, changed=())
        await announce_cases(session, row, turned.opened, receipt_id="", act=act)


async def _cases(session: AsyncSession, row: DeclarationRow) -> list[Conflict]:
    if row.status in INACTIVE:
        return []
    loads = await times_of_loads(session, row, locked=True)
    traded = {each.content.sale_date for each in await portions_of(session, row.id)}
    receipts = await receipts_known(session, row.id, row.attempt)
    cases = cases_of_arrival_dates(loads, traded)
    if asks_for_arrival(row.status, receipts):
        cases += cases_of_arrival(receipts, {each.number: each.arrived_at for each in loads})
    return cases
